"""Addresses of the API, below `/api/v1/`."""

from django.urls import path, re_path

from api.contributions import ContributionList
from api.documents import SchemaView, docs, nothing_here
from api.explain import ValueExplain
from api.fact_detail import fact_patterns
from api.imports import ImportDetail, ImportErrors, ImportList
from api.index import IndexList
from api.metrics import MetricDetail, MetricList
from api.runs import RunDetail, RunList
from api.scorecard_files import ScorecardExport, ScorecardVerify
from api.scorecards import ScorecardDetail, ScorecardList, ScorecardPublish
from api.values import ValueList
from portfolio.feeds import FEEDS

app_name = "api"

urlpatterns = [
    path("openapi.json", SchemaView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("metrics/", MetricList.as_view(), name="metrics"),
    path("metrics/<str:key>/", MetricDetail.as_view(), name="metric"),
    path("values/", ValueList.as_view(), name="values"),
    path("values/explain/", ValueExplain.as_view(), name="explain"),
    path("contributions/", ContributionList.as_view(), name="contributions"),
    path("index/", IndexList.as_view(), name="index"),
    path("imports/", ImportList.as_view(), name="imports"),
    path("imports/<str:key>/", ImportDetail.as_view(), name="import"),
    path("imports/<str:key>/errors/", ImportErrors.as_view(), name="import-errors"),
    path("runs/", RunList.as_view(), name="runs"),
    path("runs/<str:key>/", RunDetail.as_view(), name="run"),
    path("scorecards/", ScorecardList.as_view(), name="scorecards"),
    path("scorecards/<str:period>/", ScorecardDetail.as_view(), name="scorecard"),
    path("scorecards/<str:period>/publish/", ScorecardPublish.as_view(), name="scorecard-publish"),
    path("scorecards/<str:period>/verify/", ScorecardVerify.as_view(), name="scorecard-verify"),
    path("scorecards/<str:period>/export/", ScorecardExport.as_view(), name="scorecard-export"),
    *[pattern for feed in FEEDS.values() for pattern in fact_patterns(feed)],
    re_path(r"^(?P<rest>.*)$", nothing_here),
]
