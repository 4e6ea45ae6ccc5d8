"""Roles, grants, API tokens, and the append-only record of what changed about them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portfolio.rights import Role, TokenScope


class Profile(models.Model):
    """What a person is in the project office. A user without one is a viewer without grants."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        db_table = "portfolio_profile"
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        constraints = [models.CheckConstraint(condition=Q(role__in=Role.values), name="profile_role_known")]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"


class Grant(models.Model):
    """Opens one portfolio with all below it, or one customer, to one person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants")
    portfolio = models.ForeignKey("portfolio.Portfolio", on_delete=models.CASCADE, null=True, blank=True)
    customer = models.ForeignKey("portfolio.Customer", on_delete=models.CASCADE, null=True, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    granted_at = models.DateTimeField(_("granted at"), auto_now_add=True)

    class Meta:
        db_table = "portfolio_grant"
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.CheckConstraint(
                condition=Q(portfolio__isnull=True) ^ Q(customer__isnull=True), name="grant_one_object"
            ),
            models.UniqueConstraint(fields=["user", "portfolio", "customer"], nulls_distinct=False, name="grant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.portfolio or self.customer}"


class Token(models.Model):
    """A bearer token of the API. The text is shown once; stored are its first letters and a keyed hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    # Keyed hash of the owner's password hash: a new password ends the token as it ends the sessions.
    owner_digest = models.CharField(max_length=64, editable=False)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    scope = models.CharField(_("scope"), max_length=10, choices=TokenScope.choices, default=TokenScope.READ)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_token"
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="token_role_known"),
            models.CheckConstraint(condition=Q(scope__in=TokenScope.values), name="token_scope_known"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} ({self.name})"


class RightsEvent(models.Model):
    """One entry of the record of rights: log-ins, refusals, roles, grants, tokens, exports. Only ever added to."""

    class Kind(models.TextChoices):
        LOGIN = "login", _("logged in")
        LOGIN_FAILED = "login_failed", _("log-in failed")
        LOGOUT = "logout", _("logged out")
        ROLE_SET = "role_set", _("role changed")
        GRANT_ADDED = "grant_added", _("grant added")
        GRANT_REMOVED = "grant_removed", _("grant removed")
        TOKEN_CREATED = "token_created", _("token created")
        TOKEN_REVOKED = "token_revoked", _("token revoked")
        USER_CHANGED = "user_changed", _("user changed")
        EXPORTED = "exported", _("exported")

    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    # Names, not keys: the record outlives the people in it.
    actor = models.CharField(_("by"), max_length=150, blank=True)
    subject = models.CharField(_("about"), max_length=150, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)

    class Meta:
        db_table = "portfolio_rights_event"
        verbose_name = _("entry of the record of rights")
        verbose_name_plural = _("record of rights")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind} {self.subject}"


class IdempotencyKey(models.Model):
    """The answer given to a request that named an `Idempotency-Key`, so that a repeat gets it again.

    `status` is blank while the first request is running.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(default=b"")

    class Meta:
        db_table = "portfolio_idempotency_key"
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.key}"
