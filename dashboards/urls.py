"""Addresses of the pages."""

from django.urls import path

from dashboards.views.start import start
from dashboards.views.styleguide import styleguide

urlpatterns = [
    path("", start, name="overview"),
    path("customers/", start, name="customers"),
    path("projects/", start, name="projects"),
    path("metrics/", start, name="metrics"),
    path("data/", start, name="data"),
    path("styleguide/", styleguide, name="styleguide"),
]
