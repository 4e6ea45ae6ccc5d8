"""`/.well-known/security.txt` (RFC 9116): whom to tell about a hole."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """The contact of the settings; without one, the front page of this installation."""
    contact = settings.SECURITY_CONTACT or request.build_absolute_uri("/")
    expires = (timezone.now() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    return HttpResponse(f"Contact: {contact}\nExpires: {expires}\n", content_type="text/plain; charset=utf-8")
