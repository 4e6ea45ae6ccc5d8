"""Addresses of the API, below `/api/v1/`."""

from django.urls import path, re_path

from api.documents import SchemaView, docs, nothing_here
from api.fact_detail import fact_patterns
from api.metrics import MetricDetail, MetricList
from portfolio.feeds import FEEDS

app_name = "api"

urlpatterns = [
    path("openapi.json", SchemaView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("metrics/", MetricList.as_view(), name="metrics"),
    path("metrics/<str:key>/", MetricDetail.as_view(), name="metric"),
    *[pattern for feed in FEEDS.values() for pattern in fact_patterns(feed)],
    re_path(r"^(?P<rest>.*)$", nothing_here),
]
