"""The way out for alerts to staff: e-mail or a webhook, by apprise, behind one small class.

What goes out is a case's id, by when to act, and a link; nothing else is ever given to this class. apprise and its
HTTP library log addresses and secrets, so neither logs anything here.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from services.contacts.london import by_words

LIMIT_S: Final = 45.0
"""Seconds after which nobody waits for a mail server or webhook any longer."""

MOST_CASES: Final = 50
"""Cases named in one message; the list itself has all of them."""

_TITLE: Final = "Waymark"
_TEXT: Final = "text"
_SILENT: Final = logging.CRITICAL + 1
_TALKATIVE: Final = ("apprise", "urllib3", "requests")


class NotDeliveredError(Exception):
    """The message was not taken, or nobody knows; the sentence holds neither address nor secret."""


class NoWayError(Exception):
    """There is no way to such an address as things are set; the sentence says what to set."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What is delivered: for each case the moment to act by (UTC), and the address of the list they stand on.

    The list is where a card is taken in hand; its address names nobody.
    """

    about: tuple[tuple[str, datetime | None], ...]
    link: str

    def words(self) -> str:
        """Return the whole message."""
        named = [
            f"{_printable(case_id)}: {f'act by {by_words(act_by)}' if act_by is not None else 'see the list'}"
            for case_id, act_by in self.about[:MOST_CASES]
        ]
        if len(self.about) > MOST_CASES:
            named.append(f"{len(self.about) - MOST_CASES} more")
        return "\n".join([*named, self.link])


@dataclass(frozen=True, slots=True)
class StaffChannel:
    """Delivers alerts. ``mail`` is an apprise mail address without recipient, such as ``mailtos://user:secret@host``."""

    mail: str | None = field(default=None, repr=False)

    async def deliver(self, address: str, alert: Alert) -> None:
        """Deliver one alert to an e-mail address or webhook, with no database session open.

        Raises:
            NoWayError: if it is an e-mail address and no mail server is set, or the address cannot be used.
            NotDeliveredError: if it was refused, took too long, or nobody knows.
        """
        service = await asyncio.to_thread(self._service, address)
        try:
            async with asyncio.timeout(LIMIT_S):
                taken = await service.async_notify(
                    body=alert.words(), title=_TITLE, body_format=_TEXT, interpret_escapes=False
                )
        except TimeoutError:
            raise NotDeliveredError("there was no answer in time") from None
        except Exception as failure:  # noqa: BLE001 - a library's words may hold the address
            raise NotDeliveredError(f"it could not be handed over ({type(failure).__name__})") from None
        if not taken:
            raise NotDeliveredError("the mail server or webhook could not be reached, or did not take it")

    def _service(self, address: str) -> Any:
        # Half a second to load, which no other command is to wait for.
        _be_silent()
        from apprise import Apprise  # noqa: PLC0415 - see above

        if "://" not in address and self.mail is None:
            raise NoWayError("no mail server is set: WAYMARK_ALERT_MAIL")
        given = _webhook(address) if "://" in address else _letter(self.mail or "", address)
        service = Apprise()
        try:
            added = given is not None and service.add(given)
        except Exception as failure:  # noqa: BLE001 - the same
            raise NoWayError(f"the address or WAYMARK_ALERT_MAIL cannot be used ({type(failure).__name__})") from None
        if not added:
            raise NoWayError("the address or WAYMARK_ALERT_MAIL cannot be used")
        return service


def _letter(mail: str, address: str) -> dict[str, Any] | None:
    from apprise.plugins.email import NotifyEmail  # noqa: PLC0415 - as above

    given: dict[str, Any] | None = NotifyEmail.parse_url(mail)  # type: ignore[no-untyped-call]  # the library gives it no types
    if given is None:
        return None
    # One recipient, whatever the setting names: copies would go to people who are not on the roster.
    kept = {
        name: value for name, value in given.items() if name not in {"cc", "bcc", "reply_to", "qsd", "qsd+", "qsd-"}
    }
    return kept | {"targets": [address], "format": _TEXT, "persistent_storage": False}


def _webhook(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    secure = parts.scheme == "https"
    return {
        "schema": "jsons" if secure else "json",
        "host": parts.hostname,
        "port": parts.port,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "secure": secure,
        "fullpath": parts.path or "/",
        "params": dict(parse_qsl(parts.query, keep_blank_values=True)),
        "redirect": False,
        "persistent_storage": False,
    }


def _printable(case_id: str) -> str:
    """Return an id on one line: whatever else it holds must not look like more of the message."""
    return "".join(each if each.isprintable() else "?" for each in case_id)[:200]


def _be_silent() -> None:
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(_SILENT)
