"""What every view of the API does before and after its own work."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.views import APIView

from api.answers import Row, json_answer, json_row, table_answer, table_page_answer
from api.columns import OutColumn
from api.paging import Page, link, link_header
from api.parameters import PAGE_PARAMETERS, Parameter, format_parameter, read_query
from api.problems import Problem
from api.renderers import LIST_FORMATS, LIST_RENDERERS, JsonRenderer, Negotiation
from portfolio.rights import Visibility
from portfolio.selectors.visibility import visibility_for


class ApiView(APIView):
    """Checks the sender, then the query; leaves `self.visible` (rights) and `self.query` (values by name)."""

    renderer_classes = [JsonRenderer]
    content_negotiation_class = Negotiation
    metadata_class = None
    parameters: ClassVar[Sequence[Parameter]] = ()
    # Methods other than GET take no query unless they say so.
    parameters_of_method: ClassVar[Mapping[str, Sequence[Parameter]]] = {}
    visible: Visibility
    query: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.visible = visibility_for(request)
        self.query = read_query(request.query_params, self.accepted(str(request.method)))

    def accepted(self, method: str) -> Sequence[Parameter]:
        """The query parameters of a method."""
        if method in ("GET", "HEAD"):
            formats = [str(renderer.format) for renderer in self.renderer_classes]
            return (*self.parameters, format_parameter(formats))
        return self.parameters_of_method.get(method, ())

    @property
    def form(self) -> str:
        """The format that was asked for."""
        return str(self.request.accepted_renderer.format)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Not answered: the schema says what there is."""
        return self.http_method_not_allowed(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        finished = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(finished, ["Accept", "Authorization", "Cookie"])
        return finished


class ListView(ApiView):
    """A list: pages of JSON, or all rows (one page with `page_size`) in another format."""

    renderer_classes = LIST_RENDERERS
    name: ClassVar[str]

    def accepted(self, method: str) -> Sequence[Parameter]:
        if method in ("GET", "HEAD"):
            return (*self.parameters, *PAGE_PARAMETERS, format_parameter(LIST_FORMATS))
        return super().accepted(method)

    @property
    def is_paged(self) -> bool:
        """Whether one page is asked for, not the whole list as a file."""
        return self.form == "json" or bool({"page_size", "cursor"} & set(self.query))

    def page_answer(
        self,
        page: Page[Row],
        columns: Sequence[OutColumn],
        *,
        more: Mapping[str, Any] | None = None,
        extra: Sequence[Mapping[str, Any]] | None = None,
    ) -> HttpResponseBase:
        """One page; `more` are further fields of the JSON envelope, `extra` further fields of each result."""
        if self.form != "json":
            return table_page_answer(
                self.request,
                name=self.name,
                form=self.form,
                columns=columns,
                rows=page.rows,
                headers=link_header(self.request, page),
            )
        results = [json_row(columns, row) for row in page.rows]
        for result, fields in zip(results, extra or (), strict=False):
            result.update(fields)
        envelope = {
            "next": link(self.request, page.next),
            "previous": link(self.request, page.previous),
            "results": results,
            **(more or {}),
        }
        return json_answer(self.request, envelope)

    def file_answer(self, rows: Any, columns: Sequence[OutColumn]) -> HttpResponseBase:
        """All rows as a file."""
        return table_answer(self.request, name=self.name, form=self.form, columns=columns, rows=rows)


def method_conflict(detail: str) -> Problem:
    """409."""
    return Problem(HTTPStatus.CONFLICT, detail or _("This conflicts with what is stored."))
