"""Log lines as JSON or text: one line a record, whatever is in it."""

import json
import logging
import logging.config
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

LogFormat = Literal["text", "json"]
# What a plain record has; whatever else is on it was given as `extra`.
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
# The id of the request in whose course something is logged; empty outside of requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What these say is of names in the code, of files and of addresses. Others quote what they were given: a database the
# row that it does not take, a model's server the whole prompt, a KeyError its key.
_OURS = ("companion", "course_index", "retrieval", "prompts", "wechat", "api")
_OF_CODE = (OSError, ImportError, NameError, AttributeError)

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Discreet(logging.Formatter):
    """Tells where something went wrong and of what sort it is, and no word of a learner's."""

    def formatException(self, ei: _ExcInfo) -> str:
        """The traces of an exception and of its causes, these first; messages only of those that tell no words."""
        return "" if ei[1] is None else "\n".join(_trace(ei[1], frozenset()))


class OneLine(_Discreet):
    """Text, in which nothing from outside can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The record and its extras on one line; a stack trace on lines that begin with a space."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        extras = "".join(f" {name}={_said(value)}" for name, value in _extras(record).items())
        line = f"{when} {record.levelname} {record.name} {_one_line(_message(record))}{extras}"
        if record.exc_info:
            line += "\n" + "\n".join(
                f" {_one_line(part)}" for part in self.formatException(record.exc_info).split("\n")
            )
        return line


class AsJson(_Discreet):
    """JSON lines, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its extras as one object."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
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
        # httpx2 logs each request to the model, with its address; mcp the names of tools that there are not.
        "loggers": {
            "uvicorn": own,
            "uvicorn.error": own,
            "httpx2": {"level": "WARNING"},
            "mcp": {"level": "WARNING"},
        },
    }


def _message(record: logging.LogRecord) -> str:
    """Of what asyncio says of a task that failed, not the lines below the first: they show the exception as it is."""
    told = record.getMessage()
    return told.partition("\n")[0] if record.name == "asyncio" else told


def _trace(error: BaseException, told: frozenset[int]) -> list[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    told |= {id(error)}
    lines = [*_trace(cause, told), "which led to:"] if cause is not None and id(cause) not in told else []
    lines += "".join(traceback.format_tb(error.__traceback__)).splitlines()
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    lines.append(f"{kind}: {error}" if _tells_no_words(error) else kind)
    for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        lines += ["together with:", *_trace(part, told)] if id(part) not in told else []
    return lines


def _tells_no_words(error: BaseException) -> bool:
    module = type(error).__module__
    return module.partition(".")[0] in _OURS or (module == "builtins" and isinstance(error, _OF_CODE))


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}


def _said(value: object) -> str:
    return _one_line(json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value)


def _one_line(text: str) -> str:
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
