"""Whom to tell about a hole."""

from django.test import Client

ADDRESS = "/.well-known/security.txt"


def test_the_contact_of_the_settings(settings):
    settings.SECURITY_CONTACT = "mailto:security@example.org"

    assert "Contact: mailto:security@example.org\nExpires: 20" in Client().get(ADDRESS).content.decode()


def test_without_one_the_front_page(settings):
    settings.SECURITY_CONTACT = ""

    assert "Contact: http://testserver/\n" in Client().get(ADDRESS).content.decode()
