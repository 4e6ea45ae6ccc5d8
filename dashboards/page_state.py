"""What every page starts from: the published run, the period asked for, the comparison, the reader's rights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.frame import Frame, Freshness, Link, frame, picker
from dashboards.selectors.measured import Published, published
from dashboards.selectors.remembered import remembered
from dashboards.warming import WARMTH
from metrics.periods import Period, PeriodError
from metrics.targets import Targets
from portfolio.rights import EVERYTHING, Visibility
from portfolio.selectors.visibility import visibility_for

MOST_PERIODS = {"quarter": 20, "year": 6, "month": 24}


@dataclass
class PageState:
    """Published run, period, comparison, rights, and the addresses that keep the period."""

    published: Published
    period: Period
    against: Period
    visible: Visibility
    asked: dict[str, str]

    @cached_property
    def targets(self) -> Targets:
        """All thresholds, the same for every reader. Cost: one query after facts or values changed."""
        return remembered("targets", (), Targets, state=self.published, visible_to=EVERYTHING, most=1)

    @property
    def periods(self) -> tuple[Period, ...]:
        """Twelve periods up to the shown one, oldest first."""
        return self.last(12)

    def last(self, count: int) -> tuple[Period, ...]:
        """So many periods up to the shown one, oldest first, the comparison not among them unless it is near."""
        return tuple(self.period.shift(-i) for i in range(count - 1, -1, -1))

    @property
    def before(self) -> str:
        """`last quarter` or the name of the comparison when it is another one."""
        if self.against == self.period.previous:
            return {"quarter": _("last quarter"), "month": _("the month before"), "year": _("the year before")}[
                self.period.kind
            ]
        return f.period(self.against.code)

    @property
    def query(self) -> str:
        """Period and comparison as the end of an address, blank when the page chose them itself."""
        return f"?{urlencode(self.asked)}" if self.asked else ""

    def url(self, name: str, *codes: str, **more: str) -> str:
        """The address of a page in the same period."""
        asked = {**self.asked, **more}
        return reverse(name, args=codes) + (f"?{urlencode(asked)}" if asked else "")

    def scope_url(self, kind: str, code: str) -> str:
        """The page of a scope, blank for kinds without one."""
        if kind == "enterprise":
            return self.url("overview")
        if kind not in {"project", "customer", "portfolio", "program", "initiative"}:
            return ""
        name = "portfolio" if kind == "program" else kind
        return self.url(name, code)

    def why(self, metric: str, kind: str, code: str = "", component: str = "", period: Period | None = None) -> str:
        """The address that explains a value."""
        asked = {"scope": f"{kind}:{code}", "period": (period or self.period).code}
        if component:
            asked["component"] = component
        return f"{reverse('explain', args=[metric])}?{urlencode(asked, quote_via=quote)}"


def page_state(request: HttpRequest) -> PageState | None:
    """The state of a request, or None before anything was computed. A period that is none is a bad request."""
    state = published()
    if state is None or not state.years:
        return None
    asked = {name: request.GET[name] for name in ("period", "against") if request.GET.get(name)}
    period = _period(asked["period"]) if "period" in asked else state.current
    against = _period(asked["against"]) if "against" in asked else period.previous
    if against.kind != period.kind:
        raise BadRequest(
            _("%(against)s and %(period)s are not of one kind.") % {"against": against.code, "period": period.code}
        )
    visible = visibility_for(request)
    WARMTH.note(request, visible)
    return PageState(state, period, against, visible, asked)


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except PeriodError as error:
        raise BadRequest(
            _("%(text)s is not a period; write 2026-07, 2026-Q3 or 2026.") % {"text": text[:40]}
        ) from error


def last_good(published: Published) -> str:
    """What a page says when a computation after the one it shows broke off; blank otherwise."""
    if published.failed is None:
        return ""
    return _("Computation %(run)s broke off; these are the figures of %(at)s.") % {
        "run": published.failed,
        "at": f.instant(published.computed_at),
    }


def state_frame(
    request: HttpRequest, state: PageState, *, section: str, here: str, crumbs: tuple[Link, ...] = (), pick: bool = True
) -> Frame:
    """The frame of a page with values: its period, how fresh it is, and the run it shows."""
    shown: dict[str, int] = dict.fromkeys(MOST_PERIODS, 0)
    codes: list[str] = []
    for code in state.published.periods():
        kind = Period.parse(code).kind
        if shown[kind] < MOST_PERIODS[kind]:
            shown[kind] += 1
            codes.append(code)
    for period in (state.period, state.against):
        if period.code not in codes:
            codes.append(period.code)
    return frame(
        request,
        section=section,
        here=here,
        crumbs=crumbs,
        people=state.visible.sees_people_values,
        picker=picker(request, period=state.period.code, against=state.against.code, periods=codes) if pick else None,
        fresh=Freshness(_("As of"), f.day_month(state.published.as_of), state.url("data"), last_good(state.published)),
        foot=(
            _("Computed %(at)s, run %(run)s")
            % {"at": f.instant(state.published.computed_at), "run": state.published.run},
        ),
    )
