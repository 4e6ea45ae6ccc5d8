"""PDF of a scorecard by WeasyPrint, an extra: without it the print page serves."""

from __future__ import annotations

import functools
import logging
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from dashboards.exports.printed import printed_html
from dashboards.pages.scorecard_sheet import Sheet
from metrics.scorecards.exporting import NotAvailable

STATIC = Path(settings.BASE_DIR) / "static"
# Never asked for: the fetcher reads files. A scheme that addresses can be joined with.
ROOT = "https://epmo.invalid/static/"


def sheet_pdf(sheet: Sheet) -> bytes:
    """The sheet as PDF. Raises NotAvailable where WeasyPrint (or what it draws with) is not installed."""
    weasyprint = _weasyprint()
    made = None
    for tight in (False, True):
        html = printed_html(sheet, css=f"{ROOT}css/printed.css", tight=tight)
        document = weasyprint.HTML(string=html, base_url=f"{ROOT}css/", url_fetcher=_fetcher(weasyprint))
        rendered = document.render(pdf_tags=True)
        # Smaller letters only where they bring it onto one page; else it reads better large, on two.
        if made is None or len(rendered.pages) == 1:
            made = rendered
        if len(rendered.pages) == 1:
            break
    assert made is not None
    # After the last line of a PDF comments may stand: the hash is found there however the rest is packed.
    return bytes(made.write_pdf(pdf_tags=True)) + f"\n% sha256 {sheet.sha256}\n".encode()


@functools.cache
def _weasyprint() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        message = _("PDF needs WeasyPrint, which is not installed here. Open the print page and print it to PDF.")
        raise NotAvailable(message) from error
    # It warns of rules that browsers know and it does not: the style sheet serves both.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return weasyprint


def _fetcher(weasyprint: Any) -> Any:
    """A fetcher that opens nothing but our own style sheet and fonts, and fails on anything else."""

    class Own(weasyprint.urls.URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            path = own_file(url)
            kind = "text/css" if path.suffix == ".css" else "font/woff2"
            return weasyprint.urls.URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    return Own(fail_on_errors=True)


def own_file(url: str) -> Path:
    """The file of ours that an address names. Raises ValueError for every other address."""
    if not url.startswith(ROOT):
        raise ValueError(f"{urlsplit(url).scheme}: addresses are not fetched")
    path = (STATIC / unquote(url.removeprefix(ROOT))).resolve()
    if STATIC.resolve() not in path.parents or path.suffix not in (".css", ".woff2"):
        raise ValueError(url)
    return path
