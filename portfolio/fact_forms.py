"""A form for a row of any feed, from its declaration: values as a file would hold them, checked as an import is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portfolio.feed_types import Column, Feed
from portfolio.models import ChangeSet, Fact
from portfolio.services.fact_rows import FactChanged, FactRefused, Written, fact_put, row_texts

LONG_TEXTS = frozenset({"description", "objective", "narrative", "requirement"})


def field_of(column: Column) -> forms.Field:
    """The form field of a column."""
    label, help_text = column.name.replace("_", " "), str(column.help)
    if column.kind == "choice":
        choices = [("", "")] + [(choice, choice) for choice in column.choices]
        return forms.ChoiceField(label=label, choices=choices, required=column.required, help_text=help_text)
    if column.kind == "bool":
        choices = [("", _("not known")), ("true", _("yes")), ("false", _("no"))]
        return forms.ChoiceField(label=label, choices=choices, required=column.required, help_text=help_text)
    widget = forms.Textarea(attrs={"rows": 4}) if column.name in LONG_TEXTS else forms.TextInput(attrs={"size": 40})
    if not help_text and column.kind == "ref":
        help_text = _("code of a row of %(feed)s") % {"feed": column.ref}
    return forms.CharField(
        label=label, required=column.required, help_text=help_text or HINTS.get(column.kind, ""), widget=widget
    )


HINTS = {"date": "YYYY-MM-DD", "month": "YYYY-MM", "instant": "YYYY-MM-DDTHH:MM:SSZ"}


class FactForm(forms.ModelForm):
    """Checks with the write service; storing is `store`, never the model's own save."""

    feed: Feed
    actor: Any = None
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.instance, Fact) and self.instance.pk:
            texts = row_texts(self.feed, self.instance.pk)
            self.initial.update(texts, version=self.instance.changed_in_id)
            for name in self.feed.key:
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        """Run every check of an import on the row, and put what it finds beside its fields."""
        cleaned = dict(self.cleaned_data)
        if not self.errors:
            try:
                self._put(dry_run=True)
            except FactRefused as refused:
                for one in refused.problems:
                    self.add_error(one.column if one.column in self.fields else None, f"{one.message} {one.remedy}")
            except FactChanged:
                self.add_error(None, _("Somebody else changed this row meanwhile. Read it again, then change it."))
        return cleaned

    def _post_clean(self) -> None:
        """Nothing: the model is not what checks."""

    def store(self) -> Written:
        """Store the row through the write service."""
        return self._put(dry_run=False)

    def _put(self, *, dry_run: bool) -> Written:
        values = {name: self.cleaned_data.get(name) or "" for name in self.feed.by_name}
        return fact_put(
            feed=self.feed.name,
            key=[values[name] for name in self.feed.key],
            values=values,
            actor=self.actor,
            version=self.cleaned_data.get("version"),
            kind=ChangeSet.Kind.FORM,
            dry_run=dry_run,
        )


def form_of(feed: Feed, model: type[Fact]) -> type[FactForm]:
    """The form class of a feed."""
    fields = {column.name: field_of(column) for column in feed.columns}
    meta = type("Meta", (FactForm.Meta,), {"model": model})
    return type(f"{model.__name__}Form", (FactForm,), {**fields, "feed": feed, "Meta": meta})
