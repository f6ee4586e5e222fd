"""Log lines as JSON or text: one line a record, whatever is in it."""

import json
import logging
import logging.config
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

LogFormat = Literal["text", "json"]
# What a plain record has; whatever else is on it was given as `extra`.
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
# The id of the request in whose course something is logged; empty outside of requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class OneLine(logging.Formatter):
    """Text, in which nothing from outside can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The record and its extras on one line; a stack trace on lines that begin with a space."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        extras = "".join(f" {name}={_said(value)}" for name, value in _extras(record).items())
        line = f"{when} {record.levelname} {record.name} {_one_line(record.getMessage())}{extras}"
        if record.exc_info:
            line += "\n" + "\n".join(
                f" {_one_line(part)}" for part in self.formatException(record.exc_info).split("\n")
            )
        return line


class AsJson(logging.Formatter):
    """JSON lines, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its extras as one object."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=True, default=str)


def log_to_stderr(style: LogFormat) -> None:
    """Have every logger of this process, uvicorn's too, write these lines to standard error."""
    logging.config.dictConfig(logging_config(style))


def logging_config(style: LogFormat) -> dict[str, Any]:
    """The same for uvicorn, which sets it in each worker: a worker is a new process and knows nothing of this one."""
    formatter = AsJson if style == "json" else OneLine
    own = {"handlers": [], "propagate": True, "level": "INFO"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": f"{__name__}.{formatter.__name__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        # httpx2 logs each request to the model, with its address.
        "loggers": {"uvicorn": own, "uvicorn.error": own, "httpx2": {"level": "WARNING"}},
    }


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}


def _said(value: object) -> str:
    return _one_line(json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value)


def _one_line(text: str) -> str:
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
