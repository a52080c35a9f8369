"""News that a person acts on whatever becomes of its text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.contacts.decision import TextRequest
from services.contacts.news import URGENT, Purpose
from services.contacts.news_cards import PAGED_FOR, news_task

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
RELEASED = "probation.offender.released.v1"


def asked(type_: str = RELEASED, purpose: Purpose = Purpose.OFFER, known_at: datetime = NOW) -> TextRequest:
    """One piece of news of the case KP-1."""
    return TextRequest("KP-1", "V-1", "E-1", "/x", type_, purpose, known_at)


@pytest.mark.parametrize("type_", sorted(URGENT))
def test_an_escape_and_a_release_page_somebody_at_any_hour(type_: str) -> None:
    card = news_task(asked(type_), NOW - timedelta(minutes=5), NOW, is_correction=False)
    assert card is not None
    assert card.urgent


def test_nobody_is_sent_ringing_at_an_unsafe_hour() -> None:
    card = news_task(asked(), NOW, NOW, is_correction=False)
    assert card is not None
    assert "whatever the hour" not in card.say
    assert "where it is safe to" in card.say
    assert "Fri 20 Nov 2026 at 23:30" in card.say


def test_an_old_release_that_is_loaded_as_history_is_a_task_and_pages_nobody() -> None:
    long_ago = NOW - PAGED_FOR - timedelta(seconds=1)
    card = news_task(asked(known_at=long_ago), long_ago, NOW, is_correction=False)
    assert card is not None
    assert not card.urgent


def test_an_old_release_that_is_written_down_only_now_still_pages_somebody() -> None:
    card = news_task(asked(known_at=NOW - timedelta(hours=1)), NOW - timedelta(days=90), NOW, is_correction=False)
    assert card is not None
    assert card.urgent


def test_what_a_person_has_told_already_makes_no_task() -> None:
    assert news_task(asked(purpose=Purpose.FOLLOW_UP), NOW, NOW, is_correction=False) is None


def test_other_news_is_left_to_its_text_unless_a_correction_brought_it() -> None:
    charged = asked("policing.suspect.charged.v1", Purpose.NEWS)
    assert news_task(charged, NOW, NOW, is_correction=False) is None
    card = news_task(charged, NOW, NOW, is_correction=True)
    assert card is not None
    assert card.rule == "7"
    assert not card.urgent
