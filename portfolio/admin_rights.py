"""Administration of rights: people, roles, grants, API tokens, and the record of what changed. For administrators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portfolio.models import Customer, Grant, Portfolio, Profile, RightsEvent, Token
from portfolio.rights import Role, TokenScope
from portfolio.selectors.visibility import visibility_for
from portfolio.services.rights import event_record, grant_add, grant_remove, role_set
from portfolio.services.tokens import TokenRefused, token_create, token_revoke


def is_administrator(request: HttpRequest) -> bool:
    """Whether the person may change rights."""
    return visibility_for(request).role == Role.ADMINISTRATOR and request.user.is_active


class ForAdministrators:
    """Permissions of everything on this page: the role decides."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_administrator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_administrator(request)


class PersonAdmin(ForAdministrators, UserAdmin):
    """People: name, password, whether they may log in. What they see is their role and their grants."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email", "is_active")}),
    )
    list_display = ("username", "first_name", "last_name", "role", "is_active", "last_login")
    list_filter = ("is_active", "profile__role")
    list_select_related = ("profile",)

    @admin.display(description=gettext_lazy("role"))
    def role(self, user: User) -> str:
        """The role in words."""
        profile = getattr(user, "profile", None)
        return str(profile.get_role_display() if profile else Role.VIEWER.label)

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store and write down which fields changed; a new person is a viewer."""
        super().save_model(request, obj, form, change)
        Profile.objects.get_or_create(user=obj)
        event_record(
            kind=RightsEvent.Kind.USER_CHANGED,
            actor=request.user.get_username(),
            subject=obj.get_username(),
            detail={"fields": sorted(form.changed_data), "new": not change, "active": obj.is_active},
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: people are made inactive, so that what they did keeps its name."""
        return False


admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.register(User, PersonAdmin)


@admin.register(Profile)
class ProfileAdmin(ForAdministrators, admin.ModelAdmin):
    """The role of each person."""

    list_display = ["user", "role"]
    list_filter = ["role"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The person stays."""
        return ["user"] if obj else []

    def save_model(self, request: HttpRequest, obj: Profile, form: Any, change: bool) -> None:
        """Set the role through the service."""
        obj.pk = role_set(user=obj.user, role=Role(obj.role), actor=request.user.get_username()).pk

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a role is changed."""
        return False


class GrantForm(forms.ModelForm):
    """One portfolio or one customer."""

    class Meta:
        model = Grant
        fields = ["user", "portfolio", "customer"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("portfolio", Portfolio), ("customer", Customer)):
            if name in self.fields:
                self.fields[name].queryset = model.objects.filter(deleted_at=None).order_by("code")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        """Exactly one of both."""
        cleaned = super().clean()
        if cleaned and bool(cleaned.get("portfolio")) == bool(cleaned.get("customer")):
            raise forms.ValidationError(_("Name one portfolio or one customer."))
        return cleaned


@admin.register(Grant)
class GrantAdmin(ForAdministrators, admin.ModelAdmin):
    """What is opened to whom."""

    form = GrantForm
    list_display = ["user", "portfolio", "customer", "granted_by", "granted_at"]
    list_select_related = ["user", "portfolio", "customer", "granted_by"]
    search_fields = ["user__username", "portfolio__code", "customer__code"]
    autocomplete_fields = ["user"]

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        """Grant through the service."""
        by = request.user if isinstance(request.user, User) else None
        obj.pk = grant_add(user=obj.user, portfolio=obj.portfolio, customer=obj.customer, by=by).pk

    def delete_model(self, request: HttpRequest, obj: Grant) -> None:
        """Take back through the service."""
        grant_remove(grant=obj, by=request.user if isinstance(request.user, User) else None)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        """Take each back through the service."""
        for grant in queryset:
            self.delete_model(request, grant)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a grant is given or taken back."""
        return False


class TokenForm(forms.ModelForm):
    """A token as it is asked for."""

    days = forms.IntegerField(label=gettext_lazy("days until it expires"), min_value=1, max_value=3650, required=False)

    class Meta:
        model = Token
        fields = ["user", "name", "role", "scope"]

    def clean(self) -> dict[str, Any] | None:
        """Makes the token, so that what is refused is said at the form."""
        cleaned = super().clean()
        if cleaned and not self.errors:
            days = cleaned.get("days")
            try:
                with transaction.atomic():
                    self.made, self.text = token_create(
                        user=cleaned["user"],
                        name=cleaned["name"],
                        scope=TokenScope(cleaned["scope"]),
                        role=Role(cleaned["role"]),
                        expires_at=timezone.now() + timedelta(days=days) if days else None,
                        actor=self.actor,
                    )
            except TokenRefused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return cleaned

    actor = ""


@admin.register(Token)
class TokenAdmin(ForAdministrators, admin.ModelAdmin):
    """API tokens. The text of a new one is shown once."""

    form = TokenForm
    list_display = ["prefix", "name", "user", "role", "scope", "created_at", "expires_at", "revoked_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["prefix", "name", "user__username"]
    autocomplete_fields = ["user"]
    actions = ["revoke"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, signed by who fills it."""
        form = super().get_form(request, obj, change, **kwargs)
        return type("SignedTokenForm", (form,), {"actor": request.user.get_username()})

    def save_model(self, request: HttpRequest, obj: Token, form: Any, change: bool) -> None:
        """The form made it; show its text."""
        obj.pk = form.made.pk
        obj.prefix = form.made.prefix
        messages.warning(request, _("Copy the token now, it is not shown again: %(text)s") % {"text": form.text})

    @admin.action(description=gettext_lazy("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        """End tokens through the service."""
        for token in queryset:
            token_revoke(token=token, actor=request.user.get_username())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never, but its list carries the action."""
        return obj is None and is_administrator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a token is revoked."""
        return False


@admin.register(RightsEvent)
class RightsEventAdmin(ForAdministrators, admin.ModelAdmin):
    """The record of rights; the database itself refuses changes to it."""

    list_display = ["at", "kind", "actor", "subject", "detail", "address"]
    list_filter = ["kind"]
    search_fields = ["actor", "subject"]
    date_hierarchy = "at"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
