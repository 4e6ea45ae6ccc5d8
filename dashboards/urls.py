"""Addresses of the pages."""

from django.urls import path

from dashboards import urls_scorecards
from dashboards.views.customers import customer, customers
from dashboards.views.data import data, import_detail
from dashboards.views.explain import explain
from dashboards.views.incidents import incident, incidents
from dashboards.views.metrics import metric, metrics
from dashboards.views.overview import overview
from dashboards.views.people import people
from dashboards.views.portfolios import initiative, initiatives, portfolio
from dashboards.views.projects import project, projects
from dashboards.views.search import search
from dashboards.views.settings import language, settings, theme
from dashboards.views.styleguide import styleguide

urlpatterns = [
    *urls_scorecards.urlpatterns,
    path("", overview, name="overview"),
    path("customers/", customers, name="customers"),
    path("customers/<path:code>/", customer, name="customer"),
    path("incidents/", incidents, name="incidents"),
    path("incidents/<path:code>/", incident, name="incident"),
    path("projects/", projects, name="projects"),
    path("projects/<path:code>/", project, name="project"),
    path("portfolios/<path:code>/", portfolio, name="portfolio"),
    path("initiatives/", initiatives, name="initiatives"),
    path("initiatives/<path:code>/", initiative, name="initiative"),
    path("search/", search, name="search"),
    path("settings/", settings, name="settings"),
    path("settings/theme/", theme, name="settings-theme"),
    path("i18n/setlang/", language, name="set_language"),
    path("people/", people, name="people"),
    path("metrics/", metrics, name="metrics"),
    path("metrics/<slug:key>/", metric, name="metric"),
    path("explain/<slug:metric>/", explain, name="explain"),
    path("data/", data, name="data"),
    path("data/imports/<int:number>/", import_detail, name="import"),
    path("styleguide/", styleguide, name="styleguide"),
]
