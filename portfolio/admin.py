"""Administration: every feed listed and edited through the write service, changes with undo, imports with reports."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portfolio import admin_rights  # noqa: F401 (registers)
from portfolio.fact_forms import FactForm, form_of
from portfolio.feed_types import Feed
from portfolio.feeds import FEEDS
from portfolio.models import ChangeSet, ImportProblem, ImportRun, Team
from portfolio.selectors.visibility import visibility_for
from portfolio.services.fact_rows import row_id, row_texts, rows_remove
from portfolio.services.undo import UndoRefused, undo

LISTED_COLUMNS = 7


def may_write(request: HttpRequest) -> bool:
    """Whether the person edits facts."""
    return visibility_for(request).may_write


def editor(request: HttpRequest) -> User | None:
    """The person who is logged in."""
    return request.user if isinstance(request.user, User) else None


class FactAdmin(admin.ModelAdmin):
    """Rows of one feed. What it shows comes from the feed's declaration."""

    feed: Feed
    list_per_page = 50
    show_full_result_count = False
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Live rows."""
        return super().get_queryset(request).filter(deleted_at__isnull=True)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[FactForm]:
        """The feed's form, signed by who fills it."""
        return type("SignedForm", (form_of(self.feed, self.model),), {"actor": request.user})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The columns of the feed, in the order of the contract."""
        return [*self.feed.by_name, "version"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store through the write service; the row then has its id."""
        form.store()
        key = [form.cleaned_data.get(name) or "" for name in self.feed.key]
        obj.pk = row_id(self.feed.name, key)
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove softly, through the write service."""
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Remove rows softly, in one write."""
        keys = [
            [row_texts(self.feed, pk)[name] for name in self.feed.key] for pk in queryset.values_list("pk", flat=True)
        ]
        rows_remove(feed=self.feed.name, keys=keys, actor=editor(request), kind=ChangeSet.Kind.FORM)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Only the rows themselves: what refers to them stays and comes back with them."""
        return [str(one) for one in objs], {str(self.model._meta.verbose_name_plural): len(objs)}, set(), []

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the roles say."""
        return may_write(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """As the roles say."""
        return may_write(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the roles say."""
        return may_write(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the roles say."""
        return may_write(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As the roles say."""
        return may_write(request)


def admin_of(feed: Feed) -> type[FactAdmin]:
    """The administration of a feed, from its declaration."""
    listed = [*feed.key, *(column.name for column in feed.columns if column.name not in feed.key)][:LISTED_COLUMNS]
    return type(
        f"{feed.name}_admin",
        (FactAdmin,),
        {
            "feed": feed,
            "list_display": listed,
            "list_display_links": listed[: len(feed.key)],
            "list_filter": [column.name for column in feed.columns if column.kind in ("choice", "bool")],
            "list_select_related": [column.name for column in feed.columns if column.kind in ("ref", "team")],
            "search_fields": [
                f"{column.name}__code" if column.kind == "ref" else column.name
                for column in feed.columns
                if column.kind in ("code", "ref") or column.name == "name"
            ],
        },
    )


for declared in FEEDS.values():
    admin.site.register(apps.get_model(declared.model_label), admin_of(declared))


class ReadOnlyAdmin(admin.ModelAdmin):
    """Records that nobody edits."""

    list_per_page = 50
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the roles say."""
        return may_write(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As the roles say."""
        return may_write(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin):
    """Teams exist because rows name them."""

    list_display = ["name"]
    search_fields = ["name"]


@admin.register(ChangeSet)
class ChangeSetAdmin(ReadOnlyAdmin):
    """Who changed what, and the way back."""

    list_display = ["id", "at", "kind", "actor", "note", "counts"]
    list_filter = ["kind"]
    actions = ["undo_selected"]

    @admin.action(description=gettext_lazy("Undo the selected changes, newest first"))
    def undo_selected(self, request: HttpRequest, queryset: QuerySet[ChangeSet]) -> None:
        """Undo through the write service; says why where it cannot."""
        for change_set in queryset.order_by("-pk"):
            try:
                report = undo(change_set=change_set, actor=editor(request))
            except UndoRefused as refused:
                messages.error(request, f"{change_set}: {refused}")
                return
            if report.status != ImportRun.Status.IMPORTED:
                first = next(iter(report.problems))
                messages.error(request, f"{change_set}: {first.file} {first.column} {first.value}: {first.message}")
                return
            messages.success(request, _("Change %(id)d was undone.") % {"id": change_set.pk})


class ProblemInline(admin.TabularInline):
    """The first lines of a report."""

    model = ImportProblem
    fields = ["file", "line", "column", "value", "code", "severity", "message", "remedy"]
    extra = 0
    max_num = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportProblem]:
        """The first 200."""
        return super().get_queryset(request).filter(place__lt=200).order_by("place")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the roles say."""
        return may_write(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """Imports and their reports."""

    list_display = ["id", "created_at", "status", "connector", "actor", "error_count", "warning_count", "seconds"]
    list_filter = ["status", "connector"]
    inlines = [ProblemInline]
