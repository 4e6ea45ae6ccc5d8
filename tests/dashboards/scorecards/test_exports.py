"""Files of a scorecard: numbers stay numbers, texts never run, charts are native, and every file is known again."""

import csv
import io
import re
import zipfile
from types import SimpleNamespace

import openpyxl
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.util import Emu

from dashboards.exports import pdf as pdf_module
from dashboards.exports.pdf import own_file
from dashboards.exports.pptx_template import KNOWN, TemplateRefused, template_check
from dashboards.exports.safe_text import category_text, csv_text
from metrics.models import ExportTemplate, ScorecardEvent, ScorecardExport
from metrics.scorecards.exporting import NotAvailable
from portfolio.models import RightsEvent

pytestmark = pytest.mark.django_db
Q2 = "/scorecards/2026-Q2/"
LIVE = re.compile(r"[=+\-@\t\r\uff1d]")


def export(client, form, **more):
    query = "&".join(f"{name}={value}" for name, value in {"format": form, **more}.items())
    response = client.get(f"{Q2}export/?{query}")
    assert response.status_code == 200
    return response.content


def verified(client, name, data):
    page = client.post(f"{Q2}verify/", {"file": SimpleUploadedFile(name, data)})
    return re.search(r'class="st (\w+)"', page.content.decode())[1]


def test_csv_is_rectangular_exact_and_harmless(client_of, published):
    rows = list(csv.reader(io.StringIO(export(client_of("chief"), "csv").decode("utf-8-sig"))))
    head, body = rows[0], rows[1:]

    assert {len(row) for row in rows} == {len(head)}
    bad = [v for row in rows for v in row if re.match(r"[=+@\t\r\uff1d]|-(?!\d+([.,]\d+)?$)", v)]
    assert bad == []
    by_metric = {row[head.index("metric")] + row[head.index("component")]: row for row in body}
    nps = by_metric["net_promoter_score"]
    assert float(nps[head.index("actual")]) == 34.6
    assert nps[head.index("comment")] == "'=cmd|'/c calc'!A1"
    assert {row[head.index("sha256")] for row in body} == {published.sha256}
    assert by_metric["operating_margin"][head.index("change")].startswith("-0.05")


def test_xlsx_has_no_live_cell_and_numbers_are_numbers(client_of, published):
    book = openpyxl.load_workbook(io.BytesIO(export(client_of("chief"), "xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]

    assert [c.coordinate for c in cells if c.data_type == "f"] == []
    assert [c.value for c in cells if isinstance(c.value, str) and LIVE.match(c.value) and not c.quotePrefix] == []
    page = book["Scorecard"]
    found = {row[0].value: row for row in page.iter_rows() if row[0].value}
    assert found["Net promoter score"][1].value == pytest.approx(34.6)
    assert found["Operating margin"][4].value == pytest.approx(-0.0535)
    assert found["Net promoter score"][7].value == "=cmd|'/c calc'!A1"
    assert sum(len(sheet._charts) for sheet in book) >= 2
    assert published.sha256 in {c.value for c in cells}
    assert published.sha256 in book.properties.keywords


def test_pptx_has_native_charts_and_tables_with_money_beside_others(client_of, published):
    slides = Presentation(io.BytesIO(export(client_of("chief"), "pptx"))).slides

    charts = [shape for slide in slides for shape in slide.shapes if shape.has_chart]
    assert len(charts) >= 2
    tables = [shape.table for slide in slides for shape in slide.shapes if shape.has_table]
    for table in tables:
        names = [table.cell(row, 0).text for row in range(len(table.rows))]
        if "Gross margin" in names:
            assert "Voluntary turnover" in names
    assert all(slide.shapes.title is not None and slide.shapes.title.text_frame.text for slide in slides)


def test_pdf_is_one_page_with_the_hash(client_of, published):
    data = export(client_of("chief"), "pdf")

    assert data.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) in (0, 1)
    assert data.rstrip().endswith(published.sha256.encode())


def test_pdf_reads_nothing_but_our_own_files():
    assert own_file("https://epmo.invalid/static/css/printed.css").name == "printed.css"
    for address in (
        "file:///etc/passwd",
        "http://169.254.169.254/",
        "https://epmo.invalid/static/../epmo/settings.py",
        "https://epmo.invalid/static/%2e%2e/manage.py",
        "https://epmo.invalid.example.org/static/css/printed.css",
    ):
        with pytest.raises(ValueError):
            own_file(address)


def test_without_weasyprint_the_print_page_serves(client_of, published, monkeypatch):
    def missing():
        raise NotAvailable("PDF needs WeasyPrint, which is not installed here. Open the print page.")

    monkeypatch.setattr(pdf_module, "_weasyprint", missing)
    response = client_of("chief").get(f"{Q2}export/?format=pdf", follow=True)

    assert response.redirect_chain[-1][0] == f"{Q2}print/"
    assert b"PDF needs WeasyPrint" in response.content


@pytest.mark.parametrize("form", ["pdf", "xlsx", "pptx", "csv", "json"])
def test_a_file_is_verified_and_an_altered_one_is_not(client_of, published, form):
    chief = client_of("chief")
    data = export(chief, form)

    assert verified(chief, f"a.{form}", data) == "ok"
    changed = data + b" " if form != "xlsx" and form != "pptx" else repacked(data)
    assert verified(chief, f"a.{form}", changed) != "ok"


def repacked(data):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry).replace(b"34.6", b"54.6"))
    return out.getvalue()


def test_a_hash_is_verified(client_of, published):
    def said(asked):
        return client_of("chief").get(f"{Q2}verify/?hash={asked}").content.decode()

    assert "This is the hash of the published scorecard." in said(published.sha256)
    assert "Nothing that was published has this hash." in said("0" * 64)
    assert "Nothing that was published has this hash." in said("nonsense")


def test_exports_are_noted(client_of, published):
    export(client_of("chief"), "csv")

    assert ScorecardExport.objects.values_list("form", "by").get() == ("csv", "Chief Ek")
    assert ScorecardEvent.objects.filter(kind="exported", actor="Chief Ek").count() == 1
    assert RightsEvent.objects.filter(kind="exported", subject__contains="2026-Q2").count() == 1


def test_in_swedish_names_and_heads_are_swedish_and_numbers_the_same(client_of, published):
    client = client_of("chief")
    client.cookies["django_language"] = "sv"
    book = openpyxl.load_workbook(io.BytesIO(export(client, "xlsx")))

    with translation.override("sv"):
        assert book.worksheets[0].title == translation.gettext("Scorecard")
    numbers = {c.value for row in book.worksheets[0].iter_rows() for c in row if c.data_type == "n"}
    assert 34.6 in numbers


def template(*texts, name=""):
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    for place, words in enumerate(texts):
        box = slide.shapes.add_textbox(Emu(100_000), Emu(100_000 + 900_000 * place), Emu(6_000_000), Emu(800_000))
        box.text_frame.text = words
        if name:
            box.name = name
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def test_an_own_template_is_filled(client_of, published):
    data = template(
        "Results of {{period}}: {{sentence}}", "{{bridge}}", "{{rows:tactical}}", "{{unknown_word}} {{sha256}}"
    )
    lead = client_of("lead")
    up = {"name": "Ours", "file": SimpleUploadedFile("ours.pptx", data)}
    assert lead.post("/scorecards/templates/", up).status_code == 302
    assert ExportTemplate.objects.get().placeholders == ["period", "sentence", "sha256", "bridge", "rows:tactical"]

    slide = Presentation(io.BytesIO(export(client_of("chief"), "pptx", template="Ours"))).slides[0]

    texts = " ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
    assert "Customer success rose 6 points to 58." in texts
    assert f"{{{{unknown_word}}}} {published.sha256}" in texts
    assert sum(shape.has_chart for shape in slide.shapes) == 1
    tables = [shape for shape in slide.shapes if shape.shape_type == MSO_SHAPE_TYPE.TABLE]
    assert [table.table.cell(1, 0).text for table in tables] == ["Resource alignment to priority"]


def test_a_template_without_the_hash_gets_it(client_of, published):
    ExportTemplate.objects.create(name="T", file=template("{{title}}"), size=1, uploaded_by="x")
    slide = Presentation(io.BytesIO(export(client_of("chief"), "pptx", template="T"))).slides[0]

    assert any(published.sha256 in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def test_money_rows_in_a_template_bring_the_other_families(client_of, published):
    ExportTemplate.objects.create(name="T", file=template("{{rows:financial}}"), size=1, uploaded_by="x")
    slide = Presentation(io.BytesIO(export(client_of("chief"), "pptx", template="T"))).slides[0]
    table = next(shape.table for shape in slide.shapes if shape.has_table)
    names = [table.cell(row, 0).text for row in range(len(table.rows))]

    assert "Gross margin" in names
    assert "Voluntary turnover" in names


def with_part(data, name, content):
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"not a zip",
        b"PK\x03\x04broken",
        template("no placeholder here"),
        with_part(template("{{title}}"), "ppt/vbaProject.bin", b"x"),
        with_part(template("{{title}}"), "ppt/media/bomb.bin", b"0" * 90_000_000),
        with_part(
            template("{{title}}"),
            "ppt/slides/_rels/x.rels",
            b'<Relationships><Relationship Id="r" Type="http://x/image" Target="http://evil/" TargetMode="External"/>',
        ),
    ],
    ids=["text", "broken", "empty", "macros", "bomb", "link"],
)
def test_what_cannot_serve_as_a_template_is_refused(data):
    with pytest.raises(TemplateRefused):
        template_check(data)


def test_only_who_may_write_takes_templates_in(client_of, published):
    for name in ("chief", "viewer"):
        assert client_of(name).post("/scorecards/templates/").status_code == 403
    refused = client_of("lead").post(
        "/scorecards/templates/", {"name": "x", "file": SimpleUploadedFile("x.pptx", template("none"))}
    )
    assert refused.status_code == 422
    assert KNOWN[0] in refused.content.decode()


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1+2", "@A1", "\t=1", "＝1", "'=1", " =1"])
def test_texts_that_could_run(words):
    assert csv_text(words) == f"'{words}"
    assert category_text(words.strip("\t")).startswith("'")


def test_plain_texts_stay():
    assert csv_text("Best quarter so far") == "Best quarter so far"
    assert category_text("Älvs projekt") == "Älvs projekt"
    assert category_text("http://x") == "'http://x"


def test_files_are_limited_by_person(client_of, published, monkeypatch):
    cache.clear()
    monkeypatch.setattr("dashboards.views.scorecard_files.FILES_A_MINUTE", 2)
    monkeypatch.setattr("dashboards.views.scorecard_files.time", SimpleNamespace(time=lambda: 1_783_000_020.0))
    chief, finance = client_of("chief"), client_of("finance")
    statuses = [chief.get(f"{Q2}export/?format=csv").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert finance.get(f"{Q2}export/?format=csv").status_code == 200
    cache.clear()
