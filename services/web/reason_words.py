"""Words for good reasons: what each category is called on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CATEGORIES: Final[Mapping[str, str]] = {
    "unreachable": "the victim could not be reached",
    "asked_to_wait": "the victim asked to wait",
    "unsafe_to_contact": "it was not safe to be in touch",
    "investigation": "telling would have harmed the investigation",
    "feed_late": "the record reached us late",
    "other_agency_late": "another agency was late",
    "officer_absent": "the officer was away",
    "other": "another reason",
}


def good_reason(category: str) -> str:
    """Return what a category of good reason is called; one nobody expected is shown as it is stored."""
    return CATEGORIES.get(category, category)
