"""The rules of the send gate, one function each, numbered as in texts-to-victims.md: every reason against a text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from services.contacts.decision import TAKEN_BACK, Reason, Since, TemplateTerms, TextRequest, Verdict
from services.contacts.news import NEEDS_RELEASE, NewsList, Purpose, news_list, rule_told
from services.contacts.person import REQUESTED, ContactPoint, Person
from services.contacts.safe_contact import SUPPORT_WITHDRAWN, FactLike
from services.contacts.safe_hours import LONDON, NEVER, Window, next_window

TEXTS_A_DAY: Final = 1
"""No field of an event agrees another number."""


def _suppress(rule: str, why: str, until: datetime | None = None) -> Reason:
    return Reason(rule, Verdict.SUPPRESS, why, until)


def against_terms(person: Person, point: ContactPoint | None) -> Iterator[Reason]:
    """Rule 2: safe contact is recorded, in date, not suspended, and allows a text in a wording that is ready."""
    safe = person.safe
    if safe.sms is None:
        yield _suppress("2", "no safe contact is recorded")
    elif safe.sms == "never":
        yield _suppress("2", "safe contact says that texts are never safe")
    if safe.lapsed:
        yield _suppress("2", "what was recorded on safe contact has run out")
    if safe.suspended_by is not None:
        what = "they no longer support the case" if safe.suspended_by == SUPPORT_WITHDRAWN else "they reported a crime"
        yield _suppress("2", f"{what}, and safe contact has not been recorded since")
    if safe.sms == "discreet" and point is not None and not (point.has_cover and point.has_sender_name):
        yield _suppress("2", "texts must be discreet, and no cover and sender's name were chosen")


def window_of(person: Person, now: datetime) -> Window | None:
    """Return the window in which a text may next start, or None where there is none in sight."""
    if person.safe.week is None:
        return None
    return next_window(person.safe.week, now, person.safe.not_on, person.safe.last_day)


def against_hours(person: Person, window: Window | None, now: datetime) -> Iterator[Reason]:
    """Rule 4: not on an excluded day, inside the safe hours and 08:00 to 20:00, not in the last half hour of them."""
    if person.safe.week is None:
        yield _suppress("4", "the safe hours that were recorded cannot be understood")
    elif window is None:
        if not person.safe.lapsed:
            yield _suppress("4", "no safe hour between 08:00 and 20:00 is in sight")
    elif window.opens > now:
        today = now.astimezone(LONDON).date()
        why = (
            "today is one of the days they excluded" if today in person.safe.not_on else "it is outside the safe hours"
        )
        yield Reason("4", Verdict.HOLD, why, window.opens)


def against_news(
    request: TextRequest, person: Person, fact: FactLike | None, template: TemplateTerms | None
) -> Iterator[Reason]:
    """Rule 5: this news may be broken, offered or followed up by text, to this person, in words they can read."""
    listed = news_list(request.type, moved=fact is not None and person.is_moved(fact))
    if listed is NewsList.NEVER:
        yield _suppress("5", "no text ever mentions news of this kind")
    elif listed is NewsList.PERSON_FIRST and request.purpose is Purpose.NEWS:
        yield _suppress("5", "a person tells this news first")
    elif listed is NewsList.MAY_BRING and request.purpose is not Purpose.NEWS:
        yield _suppress("5", "news of this kind is brought or not brought, never offered")
    elif template is None:
        yield _suppress("5", "there are no agreed words for it")
    if (unreadable := person.cannot_read_texts()) is not None:
        yield _suppress("5", unreadable)
    if fact is not None:
        yield from _against_breaking(request, person, fact)


def _against_breaking(request: TextRequest, person: Person, fact: FactLike) -> Iterator[Reason]:
    if request.purpose is Purpose.FOLLOW_UP and not person.is_told_by_a_person(fact):
        yield _suppress("5", "no person has spoken with them about it")
    withheld, last_day = person.withheld_until(fact)
    if withheld:
        until = _day_after(last_day) if last_day is not None and last_day.year < NEVER else None
        yield Reason("5", Verdict.HOLD, "the news is withheld", until, is_withholding=True)
    if person.several_may_be_meant(fact):
        yield _suppress("5", "the case has several victims, the event names none, and a person must say whom to tell")
    if request.type in NEEDS_RELEASE:
        if person.agreed_channel(fact.case_id) != "sms":
            yield _suppress("5", "they have not asked to hear this by text")
        if not person.is_released(fact) and not withheld:
            yield Reason("5", Verdict.HOLD, "the officer has not released this news about the suspect")


def against_choice(request: TextRequest, person: Person) -> Iterator[Reason]:
    """Rule 6: they have not stopped texts, on any number, nor waived what the text would tell."""
    if person.safe.told_to_stop:
        yield _suppress("6", "they told the officer to stop texts")
    if any(point.stopped for point in person.points):
        yield _suppress("6", "they texted back to stop texts")
    if person.has_waived(rule_told(request.type)):
        yield _suppress("6", "they chose not to have updates")


def against_currency(
    request: TextRequest,
    person: Person,
    fact: FactLike | None,
    template: TemplateTerms | None,
    since: Since,
) -> Iterator[Reason]:
    """Rule 7: the fact stands as it came, is still news, is not told, and is not from before texts were switched on."""
    if fact is None or fact.victim_id not in (None, request.victim_id) or fact.type != request.type:
        yield _suppress("7", TAKEN_BACK)
        return
    if person.is_corrected(fact):
        yield _suppress("7", "the event was corrected")
    yield from _against_telling_again(request, person, fact)
    yield from _against_its_age(person.now, fact, template)
    if is_history(request, since):
        yield _suppress("7", "it was recorded before texts were switched on")
    elif _is_before(request, since.restored_at):
        yield _suppress("7", "it was recorded before the database was restored from a backup, and a text may have gone")


def _against_telling_again(request: TextRequest, person: Person, fact: FactLike) -> Iterator[Reason]:
    if person.is_superseded(fact):
        yield _suppress("7", "something later has made it out of date, so read the case first")
    if request.purpose is not Purpose.FOLLOW_UP and (told := person.how_told(fact)) is not None:
        yield _suppress("7", told)
    if fact.type == REQUESTED and person.was_spoken_to_since(fact):
        yield _suppress("7", "a person has spoken with them since")


def _against_its_age(now: datetime, fact: FactLike, template: TemplateTerms | None) -> Iterator[Reason]:
    if fact.occurred_at > now:
        yield Reason("7", Verdict.HOLD, "it has not happened yet", fact.occurred_at)
    starts_at = fact.data.get("starts_at")
    if isinstance(starts_at, str) and datetime.fromisoformat(starts_at) <= now:
        yield _suppress("7", "the hearing has already begun")
    if template is not None and now - fact.occurred_at > template.max_age:
        hours = int(template.max_age.total_seconds() // 3600)
        yield _suppress("7", f"it happened more than {hours} hours ago")


def against_number(person: Person, now: datetime) -> Iterator[Reason]:
    """Rule 8: no more than the agreed number of texts a day."""
    today = now.astimezone(LONDON).date()
    if person.texts_on(today) >= TEXTS_A_DAY and person.safe.week is not None:
        midnight = _day_after(today)
        after = next_window(person.safe.week, midnight, person.safe.not_on, person.safe.last_day)
        if after is None:
            yield _suppress("8", "they had a text today, and no safe hour after today is in sight")
        else:
            yield Reason("8", Verdict.HOLD, "they had a text today", after.opens)


def too_late_by_then(reasons: list[Reason], fact: FactLike | None, template: TemplateTerms | None) -> Iterator[Reason]:
    """What is held beyond the moment at which it is news no longer is better told by a person now."""
    if fact is None or template is None:
        return
    # What is withheld is not held for a text's sake: nobody may tell it now.
    until = [each.until for each in reasons if each.until is not None and not each.is_withholding]
    held_until = max(until, default=None)
    if held_until is not None and held_until - fact.occurred_at > template.max_age and fact.occurred_at < held_until:
        yield _suppress("7", "by the time a text may go it is news no longer")


def is_history(request: TextRequest, since: Since) -> bool:
    """Whether the fact was recorded, or reached us, before texts were switched on."""
    return _is_before(request, since.texts_from)


def _is_before(request: TextRequest, moment: datetime | None) -> bool:
    if moment is None:
        return False
    return request.known_at < moment or (request.received_at is not None and request.received_at < moment)


def _day_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=LONDON).astimezone(UTC)
