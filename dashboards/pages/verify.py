"""Verifying a hash or a file, and the templates that exports can be put into."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.parts import Status
from dashboards.scorecard_links import card_url
from metrics.models import ExportTemplate, Scorecard
from metrics.scorecards.verifying import Verdict, intact
from portfolio.rights import Visibility


@dataclass(frozen=True, slots=True)
class VerifyPage:
    """What was published, and what was found."""

    period: str
    url: str
    sha256: str
    published: str
    asked: str
    status: Status | None
    finding: str
    detail: str
    intact: bool
    error: str


def verify_page(
    card: Scorecard, verdict: Verdict | None, *, visible: Visibility, asked: str = "", error: str = ""
) -> VerifyPage:
    """The page, with a verdict when one was asked for."""
    status, finding, detail = _said(verdict, visible)
    return VerifyPage(
        period=f.period(card.period),
        url=card_url("scorecard-verify", card.period, card.scope_kind, card.scope),
        sha256=card.sha256,
        published=_("Published %(at)s by %(who)s") % {"at": f.instant(card.published_at), "who": card.published_by},
        asked=asked,
        status=status,
        finding=finding,
        detail=detail,
        intact=intact(card),
        error=error,
    )


def _said(verdict: Verdict | None, visible: Visibility) -> tuple[Status | None, str, str]:
    if verdict is None:
        return None, "", ""
    match verdict.status:
        case "identical":
            return (
                Status("ok", _("Verified")),
                _("This file is what was exported from the published scorecard, byte for byte."),
                "",
            )
        case "frozen_text":
            return Status("ok", _("Verified")), _("This file is the frozen text itself."), ""
        case "same_hash" if not verdict.is_file:
            return Status("ok", _("Verified")), _("This is the hash of the published scorecard."), ""
        case "same_hash":
            return (
                Status("watch", _("Changed since")),
                _("This file names the published hash, but it is no file that was exported here."),
                _("It was changed or saved again after it was exported. Compare its figures with the scorecard."),
            )
        case "draft":
            return (
                Status("watch", _("A draft")),
                _("This file was exported from a draft, before the scorecard was published."),
                "",
            )
        case "other" if visible.sees(verdict.scope_kind, verdict.scope):
            return (
                Status("bad", _("Another scorecard")),
                _("This is of another published scorecard: %(period)s.") % {"period": f.period(verdict.period)},
                "",
            )
        case _unknown:
            return (
                Status("bad", _("Not verified")),
                _("Nothing that was published has this hash."),
                _("The file may be of another installation, or its figures may have been changed."),
            )


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One stored template."""

    number: int
    name: str
    size: str
    placeholders: str
    said: str


@dataclass(frozen=True, slots=True)
class TemplatesPage:
    """Stored templates, and which placeholders there are."""

    templates: tuple[TemplateLine, ...]
    known: tuple[str, ...]
    error: str


def templates_page(*, error: str = "") -> TemplatesPage:
    """Templates by name. Cost: one query."""
    from dashboards.exports.pptx_template import KNOWN

    return TemplatesPage(
        templates=tuple(
            TemplateLine(
                template.pk,
                template.name,
                _("%(n)s kB") % {"n": f.number(template.size / 1000)},
                ", ".join(template.placeholders),
                _("%(who)s, %(at)s") % {"who": template.uploaded_by, "at": f.instant(template.uploaded_at)},
            )
            for template in ExportTemplate.objects.defer("file")
        ),
        known=tuple(f"{{{{{token}}}}}" for token in KNOWN),
        error=error,
    )
