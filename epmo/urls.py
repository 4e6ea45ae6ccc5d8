"""Addresses of ePMO: pages, REST, log-in, administration, health."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import JavaScriptCatalog

from epmo import contact, health

handler400 = "epmo.errors.bad_request"
handler403 = "epmo.errors.permission_denied"
handler404 = "epmo.errors.not_found"
handler429 = "epmo.accounts.too_many_requests"
handler500 = "epmo.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path(".well-known/security.txt", contact.security, name="security-contact"),
    path("-/metrics", health.prometheus, name="prometheus"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
]
if find_spec("api.urls"):
    urlpatterns.append(path("api/v1/", include("api.urls")))
if find_spec("dashboards.urls"):
    urlpatterns.append(path("", include("dashboards.urls")))
