"""Logs through structlog: one line an event, control characters escaped, the request id on every line."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_ESCAPES = {code: f"\\x{code:02x}" for code in [*range(32), 127, 0x85]} | {10: "\\n", 13: "\\r", 9: "\\t"}
_ESCAPES |= {0x2028: "\\u2028", 0x2029: "\\u2029"}


def escape_control(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Escape line ends and other control characters, so that no value can start a line of its own."""
    for key, value in event.items():
        if not isinstance(value, str | int | float | bool | None):
            value = str(value)
        if isinstance(value, str):
            event[key] = value.translate(_ESCAPES)
    return event


class StderrHandler(logging.StreamHandler):
    """Writes to what standard error is at the moment; others may put something else in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        """Standard error."""
        return sys.stderr


def configure(config: dict[str, Any]) -> None:
    """Route the standard library's logs and structlog's through one formatter; called by Django."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if config["format"] == "json"
        else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(allow=["status_code"])],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, escape_control, renderer],
    )
    handler = StderrHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [kept for kept in root.handlers if isinstance(kept, StderrHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(config["level"])
    # RequestLog writes the line for each request; these would write it a second time.
    logging.getLogger("django.request").setLevel("ERROR")
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
