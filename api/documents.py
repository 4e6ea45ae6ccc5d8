"""The schema, pages to read it at, the index of the API, and the answer for every other address."""

from collections.abc import Mapping

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from api.answers import json_answer
from api.problems import no_such_path
from api.reading import reading_page
from api.renderers import JsonRenderer, SchemaRenderer
from api.schema import Operation, document
from api.view import ApiView


class SchemaView(ApiView):
    """The OpenAPI document."""

    renderer_classes = [JsonRenderer, SchemaRenderer]

    def get(self, request: Request) -> HttpResponseBase:
        return json_answer(request, document())

    def operations(self) -> Mapping[str, Operation]:
        return {}


@require_safe
@login_required
def docs(request: HttpRequest) -> HttpResponse:
    """The schema as a page, rendered on the server: no script, no style of its own."""
    return render(request, "api/docs.html", {"page": reading_page(document())})


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """404 as a problem; an address that only lacks its last slash leads on."""
    if request.method in ("GET", "HEAD") and not request.path.endswith("/"):
        try:
            match = resolve(f"{request.path_info}/")
        except Resolver404:
            match = None
        if match is not None and match.func is not nothing_here:
            query = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(
                request.build_absolute_uri(f"{request.path}/") + (f"?{query}" if query else "")
            )
    return no_such_path(request)
