"""What a request may do, decided by role and token scope before anything of it is read."""

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from portfolio.selectors.visibility import visibility_for


class RightsPermission(BasePermission):
    """Logged in to read; a role that edits facts, and a token of scope write, for everything else."""

    message = _("Your role, or the scope of your token, does not allow this.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        return request.method in SAFE_METHODS or visibility_for(request).may_write
