"""One event, one line, whatever the values hold."""

import logging

import pytest
import structlog
from django.conf import settings

from epmo import logs


@pytest.fixture(params=["json", "text"])
def write(request, capsys):
    """Configure logs in each format and answer what was written."""
    logs.configure({"level": "INFO", "format": request.param})
    yield lambda: capsys.readouterr().err
    logs.configure(settings.LOGGING)


HOSTILE = "a\r\nlevel=error event=forged\u2028\x1b[31m"


def test_a_value_cannot_start_a_line_of_its_own(write):
    structlog.get_logger("epmo.test").warning("import", file=HOSTILE)
    logging.getLogger("epmo.other").warning("name %s", HOSTILE)

    written = write()
    assert len(written.strip().splitlines()) == 2
    assert "\x1b" not in written


def test_a_traceback_stays_on_one_line(write):
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logging.getLogger("epmo.test").exception("failed")

    assert len(write().strip().splitlines()) == 1


def test_the_request_id_is_on_every_line(write):
    with structlog.contextvars.bound_contextvars(request_id="abc-123"):
        logging.getLogger("epmo.test").warning("one")
        structlog.get_logger("epmo.test").warning("two")

    assert write().count("abc-123") == 2
