"""What every view of the API does before and after its own work."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ClassVar, TypeVar, cast

from django.contrib.auth.models import User
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.views import APIView

from api.answers import json_answer, table_answer, table_page_answer
from api.authentication import BearerAuthentication, SessionLogin
from api.columns import OutColumn, Row
from api.paging import Page, link, link_header
from api.parameters import PAGE_PARAMETERS, Parameter, format_parameter, read_query
from api.parsers import JsonParser, MergePatchParser
from api.permissions import RightsPermission
from api.problems import problem_of_exception
from api.renderers import LIST_FORMATS, LIST_RENDERERS, JsonRenderer, Negotiation
from api.schema import Operation, Schema
from api.throttles import PersonThrottle, address_of
from portfolio.models import RightsEvent
from portfolio.rights import Visibility
from portfolio.selectors.moments import one_moment
from portfolio.selectors.visibility import visibility_for
from portfolio.services.rights import event_record

T = TypeVar("T")


class ApiView(APIView):
    """Checks the sender, then the query; leaves `self.visible` (rights) and `self.query` (values by name)."""

    authentication_classes = [BearerAuthentication, SessionLogin]
    permission_classes = [RightsPermission]
    throttle_classes = [PersonThrottle]
    parser_classes: list[type[BaseParser]] = [JsonParser, MergePatchParser]
    renderer_classes = [JsonRenderer]
    schema = Schema()
    content_negotiation_class = Negotiation
    metadata_class = None
    tag: str = ""
    parameters: Sequence[Parameter] = ()
    # Methods other than GET take no query unless they say so.
    parameters_of_method: ClassVar[Mapping[str, Sequence[Parameter]]] = {}
    visible: Visibility
    query: dict[str, Any]

    def operations(self) -> Mapping[str, Operation]:
        """What the schema says of each method."""
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.visible = visibility_for(request)
        if hasattr(self, str(request.method).lower()):
            self.query = read_query(request.query_params, self.accepted(str(request.method)))
            if self.takes_all:
                self.write_down()

    def accepted(self, method: str) -> Sequence[Parameter]:
        """The query parameters of a method."""
        if method in ("GET", "HEAD"):
            formats = [str(renderer.format) for renderer in self.renderer_classes]
            return (*self.parameters, format_parameter(formats))
        return self.parameters_of_method.get(method, ())

    @property
    def takes_all(self) -> bool:
        """Whether a whole list is taken away as a file."""
        return False

    def write_down(self) -> None:
        """Notes who took what as a file in the record of rights."""
        event_record(
            kind=RightsEvent.Kind.EXPORTED,
            actor=person(self.request).get_username(),
            subject=self.request.path[:150],
            detail={"query": self.request.query_params.dict()},
            address=address_of(self.request) or None,
        )

    @property
    def form(self) -> str:
        """The format that was asked for."""
        return str(self.request.accepted_renderer.format)

    def get_exception_handler(self) -> Any:
        return problem_of_exception

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
    name: str = ""

    def accepted(self, method: str) -> Sequence[Parameter]:
        if method in ("GET", "HEAD"):
            return (*self.parameters, *PAGE_PARAMETERS, format_parameter(LIST_FORMATS))
        return super().accepted(method)

    @property
    def takes_all(self) -> bool:
        return not self.is_paged

    @property
    def is_paged(self) -> bool:
        """Whether one page is asked for, not the whole list as a file."""
        return self.form == "json" or bool({"page_size", "cursor"} & set(self.query))

    def object_page_answer(
        self,
        page: Page[T],
        as_object: Callable[[T], Mapping[str, Any]],
        columns: Sequence[OutColumn],
        as_row: Callable[[T], Row],
        *,
        more: Mapping[str, Any] | None = None,
    ) -> HttpResponseBase:
        """One page; `more` are further fields of the JSON envelope."""
        if self.form != "json":
            return table_page_answer(
                self.request,
                name=self.name,
                form=self.form,
                columns=columns,
                rows=map(as_row, page.rows),
                headers=link_header(self.request, page),
            )
        envelope = {
            "next": link(self.request, page.next),
            "previous": link(self.request, page.previous),
            "results": [as_object(item) for item in page.rows],
            **(more or {}),
        }
        return json_answer(self.request, envelope)

    def file_answer(self, rows: Any, columns: Sequence[OutColumn]) -> HttpResponseBase:
        """All rows as a file."""
        return table_answer(self.request, name=self.name, form=self.form, columns=columns, rows=rows)


def of_one_moment(get: Callable[..., T]) -> Callable[..., T]:
    """A GET whose queries all see the same facts and the same published run."""

    @wraps(get)
    def read(*args: Any, **kwargs: Any) -> T:
        with one_moment():
            return get(*args, **kwargs)

    return read


def person(request: Request) -> User:
    """Who sends the request; only asked behind the permission that somebody does."""
    return cast(User, request.user)
