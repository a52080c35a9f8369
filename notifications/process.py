"""The process that sends: asks for what is due, again and again, through restarts of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from infra.metrics import TEXTS
from notifications.notify import Notifier
from services.storage.failures import in_words

LOOK_EVERY_S: Final = 2.0
"""How long a text that falls due waits at most for a look; what a crash left untouched is found by the same look."""

_FIRST_BACK_OFF_S: Final = 0.2
_LONGEST_BACK_OFF_S: Final = 10.0

_log = structlog.get_logger(__name__)


async def keep_notifying(notifier: Notifier, wait: Callable[[float], Awaitable[object]]) -> None:
    """Send what is due until cancelled; a decision cancelled half-way changes nothing.

    ``wait`` returns when it hears of work, or after the seconds given.
    """
    back_off = _FIRST_BACK_OFF_S
    while True:
        try:
            done = await notifier.send_due()
        except (DBAPIError, PendingRollbackError, OSError) as failure:
            _log.warning(
                "notifying_interrupted", error=type(failure).__name__, why=in_words(failure), again_in_s=back_off
            )
            await asyncio.sleep(back_off)
            back_off = min(back_off * 2, _LONGEST_BACK_OFF_S)
            continue
        back_off = _FIRST_BACK_OFF_S
        for decision, number in asdict(done).items():
            TEXTS.labels(decision).inc(number)
        if not done.sent + done.held + done.suppressed:
            await wait(LOOK_EVERY_S)
