"""Fills a template's words: pure, and strict about what comes out.

A field without a value, a word that must not stand there (also one that came in with a chosen name) or a text that is
too long is no text: a person does what it would have done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from notifications.encoding import Encoding, size_of
from notifications.template import SENDER, Template
from notifications.wording import faults_of
from services.contacts.people_file import LONGEST_NAME, may_sign

MOST_SEGMENTS: Final = 2
"""In English, where the letters fit GSM-7."""

MOST_CHARACTERS: Final = 306
"""In any language: two segments of GSM-7; a language that needs UCS-2 takes more segments for the same words."""


class NotRenderedError(Exception):
    """The words cannot be made; the sentence says why and holds no value."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as it would be sent."""

    body: str
    segments: int
    encoding: Encoding
    template: str


def render(
    template: Template, values: Mapping[str, str | None], *, discreet: bool, sender_name: str | None = None
) -> Rendered:
    """Return the words of a text.

    Raises:
        NotRenderedError: if a field has no value, or the result must not be sent.
    """
    words = template.words(discreet=discreet)
    if discreet:
        name = (sender_name or "").strip()
        if not may_sign(name):
            raise NotRenderedError(
                f"the sender's name that was chosen is missing, longer than {LONGEST_NAME} letters, has a rank in it "
                "or is not a plain name"
            )
        body = words.replace("{" + SENDER + "}", name)
    else:
        missing = sorted(each for each in template.fields if not values.get(each))
        if missing:
            raise NotRenderedError(f"the words need {' and '.join(missing).replace('_', ' ')}, which is not known")
        body = words
        for field in template.fields:
            body = body.replace("{" + field + "}", str(values[field]))
    if faults := faults_of(body, discreet=discreet):
        raise NotRenderedError(f"the words would hold {faults[0]}")
    size = size_of(body)
    if len(body) > MOST_CHARACTERS or (template.language == "en" and size.segments > MOST_SEGMENTS):
        raise NotRenderedError(f"the words would take more than {MOST_SEGMENTS} segments")
    return Rendered(body, size.segments, size.encoding, template.label)
