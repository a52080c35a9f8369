"""Turning values into HTML: one Jinja environment in which everything is escaped, shortened and made visible.

References from events may be any string: markup, right-to-left text, NUL, half a surrogate pair, 12,000 characters.
Nothing of that may change what else is on the page, or keep it from coming.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.projections.shown import COUNTED
from services.storage.officers import officer_key
from services.storage.tables import victim_key
from services.web import person_words, words
from services.web.reason_words import good_reason

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"

# Control characters, marks that change the direction of what follows, half surrogate pairs, and what is no character.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_PLAIN_ID: Final = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{1,200}", re.ASCII)


class OfCase(Protocol):
    """Anything that belongs to a case."""

    @property
    def case_id(self) -> str:
        """The case's id."""

    @property
    def case_key(self) -> bytes:
        """The case's key in every table."""


def visible(value: object) -> object:
    """Return text with what cannot be seen, or would change its neighbours, written out as `[U+202E]`."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", value)


def brief(value: str, most: int) -> str:
    """Return text of at most so many characters; what is longer says how long it was."""
    if len(value) <= most:
        return str(visible(value))
    return f"{visible(value[:most])}… ({len(value):,} characters)"


def case_url(row: OfCase) -> str:
    """Return the address of a case's page: by its id, or by its key where an address cannot hold the id."""
    if _PLAIN_ID.fullmatch(row.case_id):
        return f"/cases/{quote(row.case_id, safe='')}"
    return key_url(row.case_key)


def key_url(key: bytes) -> str:
    """Return the address of a case's page by the case's key."""
    return f"/case-keys/{key.hex()}"


def person_url(ref: str) -> str:
    """Return the address of the list of an officer or unit: by its reference, or where that cannot be, by a hash."""
    return f"/people/{quote(ref, safe='')}" if _PLAIN_ID.fullmatch(ref) else person_key_url(ref)


def person_key_url(ref: str) -> str:
    """Return the address of a list by the hash of whose it is."""
    return f"/people-keys/{officer_key(ref).hex()}"


def slug(text: str) -> str:
    """Return a short name for use in an element's id: the same text has the same."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


@cache
def build_templates(*, texts_stay_here: bool) -> Environment:
    """Return the environment; ``texts_stay_here``: no provider is set, so no text leaves this machine.

    There is one of each kind, since it keeps what it has compiled.
    """
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(counted_to=COUNTED, texts_stay_here=texts_stay_here, RESTRICTED=person_words.RESTRICTED)
    templates.filters.update(_FILTERS)
    return templates


_FILTERS: Final[dict[str, Any]] = {
    "about": words.about,
    "act": person_words.act_words,
    "act_soon": person_words.short_act_words,
    "announced": words.announced,
    "awaited": lambda what: words.AWAITED.get(what, what),
    "brief": brief,
    "by": words.by,
    "case_url": case_url,
    "checked": words.checked,
    "good_reason": good_reason,
    "cause": lambda cause: words.CAUSES.get(cause, cause),
    "expected": words.expected,
    "flag": lambda kind: words.FLAGS.get(kind, kind),
    "grade_of": words.grade_of,
    "happened": words.happened,
    "kind_of": person_words.kind_of,
    "hex": lambda key: key.hex(),
    "is_about_the_victim": words.is_about_the_victim,
    "is_shown_yet": words.is_shown_yet,
    "next_step": words.next_step,
    "on": words.on,
    "owed": words.owed,
    "owner_of": words.owner_of,
    "person_url": person_url,
    "problem": lambda what: words.PROBLEMS.get(what, what),
    "remarks": words.remarks,
    "sha": lambda text: victim_key(text).hex(),
    "slug": slug,
    "state_of": words.state_of,
    "text_about": words.text_about,
    "text_state": lambda state: words.TEXT_STATES.get(state, state),
    "voicemail": person_words.voicemail_words,
}
