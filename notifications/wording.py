"""What must not stand in a text, and how old a reader must be: for the lint and for the moment of sending."""

from __future__ import annotations

import re
from typing import Final

LEAST_WORDS: Final = 1

_LINK: Final = re.compile(r"https?:|www\.|[a-z0-9]\.(?:uk|com|org|net|gov|ly|me|io)\b", re.IGNORECASE)
_LONG_NUMBER: Final = re.compile(r"\d[\d\s-]{5,}\d", re.ASCII)
_REFERENCE: Final = re.compile(r"\b[A-Z0-9]+[-/][A-Z0-9/-]*\d{3,}", re.ASCII)
_WORD: Final = re.compile(r"[a-z'\u2019]+", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"[.!?:]+(?:\s|$)")
_VOWELS: Final = re.compile(r"[aeiouy]+")

OFFENCES: Final = (
    "rape", "raped", "sexual", "assault", "assaulted", "abuse", "abused", "abuser", "stalking", "stalker", "harassment",
    "violence", "coercive", "trafficking", "exploitation", "domestic",
)  # fmt: skip
JARGON: Final = (
    "NFA", "RUI", "OIC", "SOLO", "DALO", "CPS", "WCU", "ISVA", "IDVA", "ISAC", "SARC", "MARAC", "VPS", "PTPH", "ABE",
)  # fmt: skip
TELLTALE: Final = (
    "police", "officer", "detective", "constable", "victim", "suspect", "offender", "witness", "crime", "case", "court",
    "hearing", "trial", "arrest", "arrested", "interview", "interviewed", "charge", "charged", "bail", "custody",
    "prison", "prosecution", "lawyer", "solicitor", "judge", "statement", "evidence", "report", "reported", "support",
    "adviser", "refuge", "safe", "safety", "investigation", "verdict", "sentence", "appeal",
    "heddlu", "swyddog", "dioddefwr", "trosedd", "achos", "llys", "gwrandawiad", "treial", "tyst", "carchar",
)  # fmt: skip
"""Words that would give a discreet text away to whoever reads it, in English and Welsh."""


def faults_of(body: str, *, discreet: bool) -> list[str]:
    """Return what must not stand in this text, each as a phrase that does not repeat the text."""
    words = {each.lower() for each in _WORD.findall(body)}
    found = [f"the word {each}" for each in OFFENCES if each in words]
    found += [f"the abbreviation {each}" for each in JARGON if re.search(rf"\b{each}\b", body)]
    if _LINK.search(body):
        found.append("a link")
    if _LONG_NUMBER.search(body):
        found.append("a long number")
    if "{" in body or "}" in body:
        found.append("a field that was not filled")
    if discreet:
        found += [f"the word {each}" for each in TELLTALE if each in words or each + "s" in words]
        if _REFERENCE.search(body):
            found.append("a reference")
    return found


def reading_age(text: str) -> float:
    """Return about how many years of age it takes to read an English text: Flesch-Kincaid grade and five years.

    >>> reading_age("The cat sat on the mat. It was warm.") < 9
    True
    """
    words = _WORD.findall(text)
    if len(words) < LEAST_WORDS:
        return 0.0
    sentences = max(1, len(_SENTENCE_END.findall(text)))
    syllables = sum(_syllables(each.lower()) for each in words)
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    return grade + 5.0


def _syllables(word: str) -> int:
    bare = word.replace("'", "").replace("\u2019", "")
    count = len(_VOWELS.findall(bare))
    if bare.endswith("e") and not bare.endswith(("le", "ee")) and count > 1:
        count -= 1
    if bare.endswith("ed") and not bare.endswith(("ted", "ded")) and count > 1:
        count -= 1
    return max(1, count)
