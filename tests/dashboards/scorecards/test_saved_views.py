"""A person's saved views: named, renamed, removed and had back; nobody else's are touched."""

import pytest

from metrics.models import SavedView

pytestmark = pytest.mark.django_db
FILTERED = "/decisions/?state=open&page=1"


@pytest.fixture
def chief(client_of):
    client = client_of("chief")
    client.post("/views/", {"name": "Late ones", "of": FILTERED})
    return client


def page_of(client):
    return client.get("/views/").content.decode()


def test_a_view_is_listed_with_its_filters(chief):
    page = page_of(chief)

    assert 'href="/decisions/?state=open&amp;page=1">Late ones<' in page
    assert "state: open; page: 1" in page


def test_a_view_gets_another_name(chief):
    view = SavedView.objects.get()

    page = chief.post(f"/views/{view.pk}/rename/", {"name": "  Overdue   ones "}, follow=True).content.decode()

    assert "The view has its new name." in page
    assert SavedView.objects.values_list("name", "query").get() == ("Overdue ones", "state=open&page=1")


@pytest.mark.parametrize("name", ["", "   ", "a\u0007b", "Others"])
def test_a_name_that_is_none_or_taken_is_refused(chief, name):
    chief.post("/views/", {"name": "Others", "of": "/customers/"})
    view = SavedView.objects.get(name="Late ones")

    answer = chief.post(f"/views/{view.pk}/rename/", {"name": name})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert set(SavedView.objects.values_list("name", flat=True)) == {"Late ones", "Others"}


def test_a_removed_view_is_offered_back_once(chief):
    view = SavedView.objects.get()

    removed = chief.post(f"/views/{view.pk}/remove/", follow=True).content.decode()

    assert SavedView.objects.count() == 0
    assert "“Late ones” is removed." in removed
    assert "is removed" not in page_of(chief)
    assert f'name="of" value="{FILTERED.replace("&", "&amp;")}"' in removed
    chief.post("/views/", {"name": "Late ones", "of": FILTERED})
    assert SavedView.objects.values_list("name", "path", "query").get() == (
        "Late ones",
        "/decisions/",
        "state=open&page=1",
    )


def test_views_of_others_are_neither_renamed_nor_removed(chief, client_of):
    view, viewer = SavedView.objects.get(), client_of("viewer")

    assert viewer.post(f"/views/{view.pk}/rename/", {"name": "Mine"}).status_code == 302
    assert viewer.post(f"/views/{view.pk}/remove/", follow=True).content.decode().count("is removed") == 0

    assert SavedView.objects.values_list("name", flat=True).get() == "Late ones"
