"""Log lines: structlog, to stderr, JSON in service and readable on a terminal.

A log line carries ids as keys (bind them with `structlog.contextvars`) and never what a person wrote, a phone number
or the text of a message. Callers keep to that; the processor here is the second lock, because one slip would sit in
a log store for years.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

import structlog

PERSONAL_KEYS = frozenset({"note", "number", "body", "value", "phone", "password", "secret", "token", "master_key"})
"""Keys that never reach a log line, at any depth; the line then says which were dropped."""

_DEEPEST = 8

LogFormat = Literal["auto", "json", "console"]


def _without_personal(value: Any, dropped: set[str], depth: int) -> Any:
    if depth > _DEEPEST:
        return "(too deep to show)"
    if isinstance(value, dict):
        kept = {}
        for key, inner in value.items():
            if isinstance(key, str) and key.lower() in PERSONAL_KEYS:
                dropped.add(key.lower())
            else:
                kept[key] = _without_personal(inner, dropped, depth + 1)
        return kept
    if isinstance(value, list | tuple):
        return [_without_personal(inner, dropped, depth + 1) for inner in value]
    return value


def drop_personal_keys(
    _logger: Any,
    _method: str,
    event_dict: structlog.types.EventDict,
) -> structlog.types.EventDict:
    """Take personal keys out of a log line, at any depth, and say under `dropped` which they were.

    It never raises: a log line with something missing is better than an event that is not processed.
    """
    dropped: set[str] = set()
    kept = {
        key: value if key in {"_record", "exc_info"} else _without_personal(value, dropped, 0)
        for key, value in event_dict.items()
        if key.lower() not in PERSONAL_KEYS
    }
    dropped.update(key.lower() for key in event_dict if key.lower() in PERSONAL_KEYS)
    if dropped:
        kept["dropped"] = sorted(dropped)
    return kept


def _chosen_format(form: LogFormat) -> Literal["json", "console"]:
    if form != "auto":
        return form
    return "console" if sys.stderr.isatty() else "json"


def configure_logging(level: str = "INFO", form: LogFormat = "auto") -> None:
    """Send every log line of this process, ours and the libraries', to stderr in one shape.

    `form` "auto" means readable on a terminal and JSON elsewhere; `level` is a name such as INFO. Stdout stays free
    for what a command answers.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_personal_keys,
    ]
    if _chosen_format(form) == "json":
        endings: list[structlog.types.Processor] = [
            # Local variables stay out of tracebacks: they hold notes and numbers.
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20),
            ),
            structlog.processors.JSONRenderer(),
        ]
    else:
        endings = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                exception_formatter=structlog.dev.plain_traceback,
            ),
        ]
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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *endings],
        ),
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("aiokafka", "sqlalchemy.engine", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    # kafka-python (administration only) logs each refused attempt as an error and then raises: the raising is enough.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
