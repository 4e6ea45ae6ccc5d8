"""Answers: an object or a page as JSON, a list as JSON lines, CSV or Parquet; with ETag, 304 and compression."""

import csv
import hashlib
import io
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import brotli
import orjson
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request

from api.columns import OutColumn, Row, csv_cell, json_row, parquet_cell
from portfolio.selectors.moments import held

MIN_COMPRESSED = 500
ROWS_A_CHUNK = 1000
PARQUET_ROWS_A_GROUP = 50_000
JSON = "application/json"
MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}


def dumps(value: Any) -> bytes:
    """JSON; numbers that are not finite become null."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def json_answer(
    request: Request,
    value: Any,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    etag: str | None = None,
) -> HttpResponseBase:
    """A value as JSON. `etag` is the version of an object; without it the body's hash serves."""
    response = HttpResponse(dumps(value), status=status, content_type=JSON, headers=dict(headers or {}))
    return finish(request, response, etag=etag)


def finish(request: Request, response: HttpResponse, *, etag: str | None = None) -> HttpResponseBase:
    """Adds the ETag, answers 304 to a reader who has it, compresses."""
    patch_vary_headers(response, ["Accept", "Accept-Encoding", "Authorization", "Cookie"])
    # Private, and asked for again each time: an ETag is of use only to who may keep the answer.
    response["Cache-Control"] = "private, no-cache"
    if request.method in ("GET", "HEAD") and response.status_code == HTTPStatus.OK:
        response["ETag"] = f'"{etag or digest(response.content)}"'
        if etag_matches(request.headers.get("If-None-Match", ""), response["ETag"]):
            kept = {name: response[name] for name in ("ETag", "Cache-Control", "Vary")}
            return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=kept)
    return compressed(request, response)


def digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def etag_matches(header: str, etag: str) -> bool:
    """Whether a header of ETags names this one. Compression makes an ETag weak on its way; that does not matter."""
    named = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in named or etag in named


def encoding_of(request: Request) -> str:
    """The compression that the reader understands: br, gzip or none."""
    accepted = {}
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _semicolon, weight = part.strip().partition(";")
        accepted[name] = weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((name for name in ("br", "gzip") if accepted.get(name)), "")


def compressed(request: Request, response: HttpResponse) -> HttpResponse:
    """The response, smaller where that pays."""
    encoding = encoding_of(request)
    if encoding and len(response.content) >= MIN_COMPRESSED:
        body = response.content
        response.content = brotli.compress(body, quality=4) if encoding == "br" else gzip_of([body])
        response["Content-Encoding"] = encoding
        response["Content-Length"] = str(len(response.content))
        if response.has_header("ETag"):
            response["ETag"] = "W/" + response["ETag"]
    return response


def gzip_of(chunks: Iterable[bytes]) -> bytes:
    return b"".join(gzip_stream(chunks))


def gzip_stream(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Gzip without a time stamp: the same bytes for the same body."""
    packer = zlib.compressobj(5, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


def brotli_stream(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = brotli.Compressor(quality=4)
    for chunk in chunks:
        yield packer.process(chunk)
    yield packer.finish()


def table_answer(
    request: Request,
    *,
    name: str,
    form: str,
    columns: Sequence[OutColumn],
    rows: Iterable[Row],
    headers: Mapping[str, str] | None = None,
) -> HttpResponseBase:
    """Rows as a file in one of the list formats, written while they are read."""
    chunks = {"csv": csv_chunks, "jsonl": json_line_chunks, "parquet": parquet_chunks}[form](columns, rows)
    encoding = encoding_of(request) if form != "parquet" else ""
    if encoding:
        chunks = (brotli_stream if encoding == "br" else gzip_stream)(chunks)
    response = StreamingHttpResponse(held(chunks), content_type=MEDIA[form])
    if encoding:
        response["Content-Encoding"] = encoding
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response["Cache-Control"] = "private, no-store"
    for header, value in (headers or {}).items():
        response[header] = value
    patch_vary_headers(response, ["Accept", "Accept-Encoding", "Authorization", "Cookie"])
    return response


def table_page_answer(
    request: Request,
    *,
    name: str,
    form: str,
    columns: Sequence[OutColumn],
    rows: Iterable[Row],
    headers: Mapping[str, str] | None = None,
) -> HttpResponseBase:
    """One page of rows in a list format, with its ETag."""
    writer = {"csv": csv_chunks, "jsonl": json_line_chunks, "parquet": parquet_chunks}[form]
    response = HttpResponse(b"".join(writer(columns, rows)), content_type=MEDIA[form], headers=dict(headers or {}))
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return finish(request, response)


def json_line_chunks(columns: Sequence[OutColumn], rows: Iterable[Row]) -> Iterator[bytes]:
    for batch in batches(rows, ROWS_A_CHUNK):
        yield b"".join(orjson.dumps(json_row(columns, row), option=orjson.OPT_APPEND_NEWLINE) for row in batch)


def csv_chunks(columns: Sequence[OutColumn], rows: Iterable[Row]) -> Iterator[bytes]:
    """RFC 4180; the first chunk holds the column names."""
    kinds = [column.kind for column in columns]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for batch in batches(rows, ROWS_A_CHUNK):
        writer.writerows([csv_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in batch)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode()


def parquet_chunks(columns: Sequence[OutColumn], rows: Iterable[Row]) -> Iterator[bytes]:
    """A Parquet file, gathered on disk because its end describes its beginning."""
    import pyarrow as pa  # 40 MB that a process which writes no Parquet does without
    import pyarrow.parquet as pq

    types = {
        "number": pa.decimal128(38, 10),
        "float": pa.float64(),
        "integer": pa.int64(),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "instant": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(column.name, types.get(column.kind, pa.string())) for column in columns])
    convert = [parquet_cell(column.kind) for column in columns]
    with tempfile.TemporaryFile() as file:
        with pq.ParquetWriter(file, schema) as writer:
            for batch in batches(rows, PARQUET_ROWS_A_GROUP):
                arrays = [
                    pa.array([change(row[place]) for row in batch], type=schema.types[place])
                    for place, change in enumerate(convert)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
        file.seek(0)
        while chunk := file.read(1 << 18):
            yield chunk


def batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Rows in lists of at most `size`."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
