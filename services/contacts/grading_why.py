"""One kind sentence for each grade, with nothing of the note in it, and nothing gendered."""

from __future__ import annotations

from functools import lru_cache

_OPENING = {
    "meaningful": "The victim was told something that counts: ",
    "tick_box": "The victim was reached but there was no news in this contact: ",
    "attempt": "The victim was not reached: ",
}
_SAYINGS = {
    "new_fact": "a new fact about the case",
    "awaited_with_date": "what is awaited and when to expect it",
    "decision_explained": "a decision",
    "question_answered": "an answer to a question",
    "support_step": "a concrete support step",
    "safeguarding_step": "a concrete safeguarding step",
    "practical_step": "a concrete practical step",
    "no_new_information": "nothing new about the case was recorded as told",
    "boilerplate": "it reads as standing phrases",
    "copy_of_earlier": "it repeats an earlier contact almost word for word",
    "contradicted": "the case holds an event the victim could have been told of",
    "compliance_only": "it records that an update was due or done, not what was said",
    "vague_waiting": "it says there is waiting, not for what and until when",
    "not_reached": "nothing shows that the victim, or somebody agreed to stand in, heard it",
    "delivery_failed": "the message did not arrive",
}


@lru_cache(maxsize=512)
def why(grade: str, reasons: tuple[str, ...]) -> str:
    """Return the sentence shown beside a grade."""
    return _OPENING[grade] + "; ".join(_SAYINGS[reason] for reason in reasons) + "."
