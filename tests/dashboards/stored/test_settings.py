"""A person's own settings: stored with the account, before cookie and browser, in both languages."""

import pytest
from django.test import Client

from portfolio.models import Preferences
from portfolio.services.preferences import PreferenceRefused, preferences_set

SWEDISH = {"HTTP_ACCEPT_LANGUAGE": "sv-SE,sv;q=0.9"}


def spoken(client, path="/settings/", **headers):
    page = client.get(path, **headers).content.decode()
    return page.split('<html lang="')[1][:2]


def test_what_a_person_chose_goes_before_cookie_and_browser(client_of, users):
    lead = client_of("lead")

    assert spoken(lead) == "en"
    assert spoken(lead, **SWEDISH) == "sv"
    lead.cookies["django_language"] = "en"
    assert spoken(lead, **SWEDISH) == "en"
    preferences_set(user=users["lead"], language="sv")
    assert spoken(lead) == "sv"
    assert lead.get("/settings/")["Content-Language"] == "sv"


def test_settings_follow_the_person_to_another_browser_and_to_nobody_else(client_of):
    client_of("lead").post("/settings/", {"language": "sv", "theme": "dark"})

    page = client_of("lead").get("/settings/").content.decode()
    assert '<html lang="sv" data-theme="dark" data-keys="off">' in page
    assert '<html lang="en">' in client_of("viewer").get("/settings/").content.decode()


def test_saving_says_so_in_the_language_that_was_chosen(client_of):
    answer = client_of("lead").post("/settings/", {"language": "sv", "theme": "system"}, follow=True)

    assert "Dina inställningar är sparade." in answer.content.decode()
    assert "data-theme" not in answer.content.decode().partition(">")[2][:60]


def test_the_system_s_theme_goes_before_a_cookie_of_old(client_of, users):
    lead = client_of("lead")
    lead.cookies["epmo_theme"] = "dark"
    assert 'data-theme="dark"' in lead.get("/settings/").content.decode()

    preferences_set(user=users["lead"], theme="system")

    assert "data-theme=" not in lead.get("/settings/").content.decode()


def test_no_choice_of_language_leaves_it_to_the_browser_again(client_of):
    lead = client_of("lead")
    lead.post("/i18n/setlang/", {"language": "sv", "next": "/settings/"})

    answer = lead.post("/settings/", {"language": "", "theme": "system", "search_key": "on"}, follow=True)

    assert "Your settings are saved." in answer.content.decode()
    assert spoken(lead) == "en"
    assert spoken(lead, **SWEDISH) == "sv"


def test_the_switches_of_the_rail_are_kept_for_the_person(client_of, users):
    lead = client_of("lead")

    lead.post("/i18n/setlang/", {"language": "sv", "next": "/"})
    answer = lead.post("/settings/theme/", {"theme": "dark"})

    assert answer.status_code == 204
    assert Preferences.objects.filter(user=users["lead"]).values_list("language", "theme", "search_key").get() == (
        "sv",
        "dark",
        True,
    )


def test_before_log_in_the_switch_is_a_cookie_and_the_theme_s_cookie_counts(db):
    visitor = Client()

    visitor.post("/i18n/setlang/", {"language": "sv", "next": "/accounts/login/"})
    visitor.cookies["epmo_theme"] = "dark"

    page = visitor.get("/accounts/login/").content.decode()
    assert '<html lang="sv" data-theme="dark">' in page
    assert Preferences.objects.count() == 0
    assert visitor.post("/settings/theme/", {"theme": "dark"}).status_code == 302


def test_the_key_of_the_search_box_can_be_turned_off(client_of):
    lead = client_of("lead")
    assert 'aria-keyshortcuts="/"' in lead.get("/settings/").content.decode()

    lead.post("/settings/", {"language": "", "theme": "system"})

    page = lead.get("/settings/").content.decode()
    assert "aria-keyshortcuts" not in page
    assert 'data-keys="off"' in page


@pytest.mark.parametrize("sent", [{"language": "xx"}, {"theme": "pink"}, {"language": "en\x00"}])
def test_what_does_not_exist_is_refused_and_nothing_is_stored(client_of, sent):
    lead = client_of("lead")

    answer = lead.post("/settings/", {"language": "", "theme": "", **sent})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert Preferences.objects.count() == 0


def test_an_unknown_language_of_the_switch_changes_nothing(client_of):
    lead = client_of("lead")

    assert lead.post("/i18n/setlang/", {"language": "xx", "next": "/"}).status_code == 302
    assert Preferences.objects.count() == 0


def test_choices_are_kept_one_by_one(users):
    preferences_set(user=users["lead"], language="sv", theme="dark", search_key=False)
    stored = preferences_set(user=users["lead"], theme="light")

    assert (stored.language, stored.theme, stored.search_key) == ("sv", "light", False)
    with pytest.raises(PreferenceRefused):
        preferences_set(user=users["lead"], theme="pink")


def test_choices_are_read_with_the_account(client_of, users, django_assert_num_queries):
    lead = client_of("lead")
    preferences_set(user=users["lead"], language="sv")
    lead.get("/settings/")

    with django_assert_num_queries(4) as asked:  # session, account, and the two ends of the page's one moment
        lead.get("/settings/")
    assert sum("portfolio_preferences" in query["sql"] for query in asked) == 1
