"""What each kind of reader sees, feed by feed; the expected answers are written down here a second time."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from portfolio.feeds import FEEDS
from portfolio.models import Grant, IncidentImpact, Portfolio, Profile, Project, RightsEvent, SurveyResponse
from portfolio.rights import EVERYTHING, NOBODY, Role
from portfolio.selectors.visibility import (
    GRANTED_FEEDS,
    PEOPLE_FEEDS,
    feed_is_open,
    hidden_columns,
    references_of,
    visibility_for,
    visibility_of,
    visible_rows,
)
from portfolio.services.rights import grant_add, grant_remove, role_set
from tests.portfolio.world import World, code_of, make_fact, make_user, make_world

pytestmark = pytest.mark.django_db

OF_PORTFOLIO = {
    "portfolios", "projects", "project_months", "status_reports", "milestones", "benefits", "contributions",
    "work_items", "releases", "defects",
}  # fmt: skip
OF_CUSTOMER = {
    "customers", "initiatives", "outcomes", "outcome_measurements", "contributions", "survey_responses", "touchpoints",
    "contracts", "revenue_events", "ledger", "incidents", "incident_impacts", "standard_checks", "adoption", "targets",
}  # fmt: skip
OF_PERSONS = {"people", "person_months", "capacity", "development_plans"}
ALL = set(FEEDS)
SEES = {
    "administrator": ALL,
    "lead": ALL,
    "executive": ALL - OF_PERSONS,
    "manager": OF_PORTFOLIO,
    "portfolio_viewer": OF_PORTFOLIO,
    "customer_viewer": OF_CUSTOMER,
    "both_viewer": OF_PORTFOLIO | OF_CUSTOMER,
    "nobody": set(),
}


@pytest.fixture
def world() -> World:
    return make_world()


def rows_of(feed: str, visible: object) -> list:
    return list(visible_rows(apps.get_model(FEEDS[feed].model_label).objects.order_by("pk"), feed, visible))


def sides_of(feed: str, rows: list) -> set[str]:
    """The sides that stored rows of a feed are on, told by their first text or reference."""
    made_first = min(row.pk for row in apps.get_model(FEEDS[feed].model_label).objects.all())
    return {"B" if row.pk == made_first + 1 else "A" for row in rows}


@pytest.mark.parametrize("person", SEES)
def test_each_reader_sees_these_feeds_and_only_side_a_of_what_is_granted(world, person):
    visible = visibility_of(world.people[person])

    seen = {feed: sides_of(feed, rows) for feed in FEEDS if (rows := rows_of(feed, visible))}

    sides = {"A", "B"} if visible.reads_all else {"A"}
    assert seen == dict.fromkeys(SEES[person], sides)


def test_every_feed_is_placed():
    assert ALL >= GRANTED_FEEDS | PEOPLE_FEEDS
    assert not GRANTED_FEEDS & PEOPLE_FEEDS
    assert {
        "services", "service_customers", "deployments", "ideas", "reputation_signals", "standards", "fx_rates",
    } == ALL - GRANTED_FEEDS - PEOPLE_FEEDS  # fmt: skip


@pytest.mark.parametrize(
    ("person", "kind", "code", "answer"),
    [
        ("portfolio_viewer", "portfolio", "portfolios-A", True),
        ("portfolio_viewer", "program", "program-A", True),
        ("portfolio_viewer", "portfolio", "program-A", False),
        ("portfolio_viewer", "project", "projects-A", True),
        ("portfolio_viewer", "project", "deep-A", True),
        ("portfolio_viewer", "project", "projects-B", False),
        ("portfolio_viewer", "customer", "customers-A", False),
        ("portfolio_viewer", "enterprise", "", False),
        ("portfolio_viewer", "service", "services-A", False),
        ("portfolio_viewer", "team", "team-A", False),
        ("customer_viewer", "customer", "customers-A", True),
        ("customer_viewer", "initiative", "initiatives-A", True),
        ("customer_viewer", "project", "projects-A", False),
        ("customer_viewer", "customer", "customers-B", False),
        ("both_viewer", "project", "projects-A", True),
        ("both_viewer", "customer", "customers-A", True),
        ("executive", "enterprise", "", True),
        ("executive", "team", "team-B", True),
        ("nobody", "project", "projects-A", False),
    ],
)
def test_scopes(world, person, kind, code, answer):
    visible = visibility_of(world.people[person])

    assert visible.sees(kind, code) is answer
    if not answer:
        with pytest.raises(Http404):
            visible.require(kind, code)


def test_people_values_and_rows(world):
    flags = {
        name: (visibility_of(user).sees_people_values, visibility_of(user).reads_people, visibility_of(user).may_write)
        for name, user in world.people.items()
    }

    everything, values_only, nothing = (True, True, True), (True, False, False), (False, False, False)
    assert flags == {
        "administrator": everything,
        "lead": everything,
        "executive": values_only,
        **dict.fromkeys(("manager", "portfolio_viewer", "customer_viewer", "both_viewer", "nobody"), nothing),
    }


def test_employee_surveys_are_rows_about_persons(world):
    SurveyResponse.objects.filter(code=code_of("survey_responses", "A")).update(audience="employee")

    assert [row.code for row in rows_of("survey_responses", visibility_of(world.executive))] == ["survey_responses-B"]
    assert rows_of("survey_responses", visibility_of(world.customer_viewer)) == []
    assert len(rows_of("survey_responses", visibility_of(world.lead))) == 2


def test_a_survey_without_customer_belongs_to_its_project(world):
    SurveyResponse.objects.filter(code=code_of("survey_responses", "A")).update(customer=None)

    assert len(rows_of("survey_responses", visibility_of(world.portfolio_viewer))) == 1
    assert rows_of("survey_responses", visibility_of(world.customer_viewer)) == []


def test_a_removed_portfolio_and_a_removed_impact_open_nothing(world):
    Portfolio.objects.filter(code="portfolios-A").update(deleted_at=timezone.now())
    IncidentImpact.objects.update(deleted_at=timezone.now())

    assert rows_of("projects", visibility_of(world.portfolio_viewer)) == []
    assert rows_of("incidents", visibility_of(world.customer_viewer)) == []


def test_a_project_that_moves_out_of_the_portfolio_is_gone(world):
    Project.objects.filter(code="projects-A").update(portfolio=Portfolio.objects.get(code="portfolios-B"))

    assert not visibility_of(world.portfolio_viewer).sees("project", "projects-A")


def test_portfolios_in_a_circle_end(world):
    Portfolio.objects.filter(code="portfolios-A").update(parent=Portfolio.objects.get(code="program-A"))

    assert visibility_of(world.portfolio_viewer).codes["program"] == {"program-A"}


def test_columns_that_name_what_is_outside_are_hidden(world):
    portfolio_viewer, customer_viewer = visibility_of(world.portfolio_viewer), visibility_of(world.customer_viewer)
    contribution = rows_of("contributions", EVERYTHING)[0]
    survey = rows_of("survey_responses", EVERYTHING)[0]
    impact = rows_of("incident_impacts", EVERYTHING)[0]

    def hidden(feed, row, visible):
        return hidden_columns(feed, vars(row), references_of(FEEDS[feed]), visible)

    assert hidden("contributions", contribution, portfolio_viewer) == {"outcome"}
    assert hidden("contributions", contribution, customer_viewer) == {"project"}
    assert hidden("contributions", contribution, visibility_of(world.both_viewer)) == set()
    assert hidden("survey_responses", survey, customer_viewer) == {"project", "service", "team", "respondent"}
    assert hidden("survey_responses", survey, visibility_of(world.executive)) == {"respondent"}
    assert hidden("survey_responses", survey, visibility_of(world.lead)) == set()
    assert hidden("incident_impacts", impact, customer_viewer) == set()


def test_targets_of_other_scopes_are_hidden_and_general_ones_are_not(world):
    day = {"green": 1, "amber": 0, "direction": "higher"}
    make_fact("targets", metric="csat", valid_from="2026-01-01", **day)
    make_fact("targets", metric="csat", scope_kind="customer", valid_from="2026-02-01", **day)
    make_fact("targets", metric="csat", scope_kind="enterprise", valid_from="2026-03-01", **day)
    make_fact("targets", metric="csat", scope_kind="project", scope="projects-A", valid_from="2026-04-01", **day)

    rows = rows_of("targets", visibility_of(world.portfolio_viewer))

    assert [row.valid_from.month for row in rows] == [1, 2, 4]


def test_grants_take_effect_and_end_at_once(world):
    grant_add(user=world.nobody, portfolio=Portfolio.objects.get(code="portfolios-B"), by=world.lead)
    assert visibility_of(world.nobody).sees("project", "projects-B")

    grant_remove(grant=Grant.objects.get(user=world.nobody), by=world.lead)
    assert not visibility_of(world.nobody).sees("project", "projects-B")
    written = list(RightsEvent.objects.filter(actor="lead").order_by("pk").values_list("kind", "subject", "detail"))
    assert written == [
        ("grant_added", "nobody", {"portfolio": "portfolios-B"}),
        ("grant_removed", "nobody", {"portfolio": "portfolios-B"}),
    ]


def test_a_grant_names_one_object(world):
    both = {
        "portfolio": Portfolio.objects.get(code="portfolios-A"),
        "customer_id": Grant.objects.filter(customer__isnull=False).first().customer_id,
    }
    for fields in (both, {}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Grant.objects.create(user=world.nobody, **fields)


def test_roles_are_written_down_and_take_effect(world):
    role_set(user=world.executive, role=Role.VIEWER, actor="administrator")

    assert not visibility_of(world.executive).sees("enterprise")
    event = RightsEvent.objects.get(kind="role_set")
    assert (event.actor, event.subject, event.detail) == (
        "administrator", "executive", {"before": "executive", "after": "viewer"},
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Profile.objects.filter(user=world.executive).update(role="emperor")


def test_inactive_and_anonymous_see_nothing_and_superusers_everything(world):
    world.administrator.is_active = False

    assert visibility_of(world.administrator) == NOBODY
    assert not any(feed_is_open(feed, NOBODY) for feed in FEEDS)
    assert not NOBODY.sees("enterprise")
    assert visibility_of(make_user("root", is_superuser=True)).role == Role.ADMINISTRATOR


def test_rights_cost_two_queries_and_once_a_request(world, django_assert_num_queries):
    request = SimpleNamespace(user=world.both_viewer)
    with django_assert_num_queries(2):
        first = visibility_for(request)
    with django_assert_num_queries(0):
        assert visibility_for(request) is first
    with django_assert_num_queries(1):
        visibility_of(world.executive)


def test_the_order_of_roles():
    assert [role.value for role in sorted(Role, key=lambda role: role.rank)] == [
        "viewer", "project_manager", "executive", "pmo_lead", "administrator",
    ]  # fmt: skip
