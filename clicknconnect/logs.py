"""JSON logs without personal data.

Our own events name fields that cannot hold any. Of what libraries log, only the constant part is
kept: the message before its arguments are put in, and of an exception its type and its lines.
"""

import json
import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

logger: structlog.stdlib.BoundLogger = structlog.get_logger("clicknconnect")
_LINE = "_line"


def configure(config: dict[str, Any]) -> None:
    """Called by Django with settings.LOGGING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ConstantPart())
    logging.basicConfig(handlers=[handler], level=config["level"], force=True)
    logging.captureWarnings(capture=True)
    for name in ("asyncio", "granian.access", "procrastinate"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Our `observe` line says the same without the address.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _exception_frames,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[config["level"]]
        ),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=True,
    )


class _Stderr:
    """Whatever sys.stderr is when the line is written."""

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")

    debug = info = warning = error = critical = exception = msg


def _to_stderr(*args: Any) -> _Stderr:
    return _Stderr()


def frames(error: BaseException) -> list[str]:
    """Where an exception came from; never its message, which may quote what a person typed."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        if cause in chain:
            break
        chain.append(cause)
    return [
        f"{type(link).__name__}: "
        + " < ".join(
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
            for frame in reversed(traceback.extract_tb(link.__traceback__)[-12:])
        )
        for link in chain
    ]


def _exception_frames(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["exception"] = frames(error)
    return event


class ConstantPart(logging.Formatter):
    """A library's record as JSON: its message template, not its arguments."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "event": str(record.msg) if record.args or record.name != "py.warnings" else "warning",
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = frames(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)
