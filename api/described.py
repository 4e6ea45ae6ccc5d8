"""The addresses that the schema describes, as they stand below the root."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("api.urls"))]
