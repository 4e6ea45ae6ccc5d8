"""Address of the bare page: what Django does for every request, the log-in, and a template that holds a page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import path

import __main__
from epmo.urls import urlpatterns as others

TEMPLATE = Template("{% autoescape off %}{{ page }}{% endautoescape %}")


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The page as it is."""
    return HttpResponse(TEMPLATE.render(Context({"page": __main__.BARE["page"]})))


urlpatterns = [path("", page), *others]
