"""What is announced: the difference between what was last announced of a case and what is assessed of it now.

``announced`` is always what is stored, never recomputed, so that a change of code or law shows as a difference and is
told like any other. Announcements are net: what came and went between two assessments is not told. Each carries the
whole thing it is about, so that the last announcement of each id, folded together, is what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from typing import Any, Final, Literal

import msgspec

from services.journeys.arrows import ABSENT, FLAG_ARROWS, NEWS_ARROWS, OBLIGATION_ARROWS, Arrow, Stands, Unheard
from services.journeys.assessment import Assessment, Flag, News, Obligation, State, instant_text

Thing = Literal["obligation", "flag", "news"]

# Looked up once: finding a member of an enum by its value costs half a microsecond, for each obligation of each case.
_STANDS: Final = {state: Stands(state.value) for state in State}
_PENDING: Final = Stands.PENDING
_WARNED: Final = Stands.WARNED


class Standing(msgspec.Struct, frozen=True):
    """What was last announced of one obligation, flag or piece of news.

    ``body`` is the whole snapshot as JSON values. ``quiet``: everything about it so far lay before go-live, so it was
    recorded and told to nobody.
    """

    state: str
    body: Mapping[str, Any]
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Announced:
    """Everything that was last announced of one case, each by its id."""

    obligations: Mapping[str, Standing] = field(default_factory=dict)
    flags: Mapping[str, Standing] = field(default_factory=dict)
    news: Mapping[str, Standing] = field(default_factory=dict)

    def of(self, thing: Thing) -> Mapping[str, Standing]:
        """What was announced of one kind of thing."""
        return {"obligation": self.obligations, "flag": self.flags, "news": self.news}[thing]


@dataclass(frozen=True, slots=True)
class Announcement:
    """One difference: what happened to which thing, from which state to which, and the whole of it.

    ``what`` is a name such as ``obligation.breached``. ``state`` is ``absent`` where the thing is owed or shown no
    longer; ``body`` is then what it last was. A quiet announcement goes to the ledger and to nobody else: it concerns
    only what lay before go-live.
    """

    what: str
    thing: Thing
    id: str
    previous: str
    state: str
    body: Mapping[str, Any]
    quiet: bool = False


class _Now(msgspec.Struct, frozen=True, gc=False):
    """One obligation, flag or piece of news as it is assessed, not yet written as JSON: most are as they were."""

    state: str
    thing: Obligation | Flag | News
    quiet: bool = False


class RepeatedIdError(Exception):
    """An assessment names one id twice: announcing either would hide the other."""


def changes(announced: Announced, assessment: Assessment, announce_from: datetime | None = None) -> list[Announcement]:
    """Return what is to be announced, in a fixed order: what is gone first, then as the assessment lists it.

    What fell due (a flag: began) before ``announce_from`` is announced quietly. Something once announced aloud stays
    aloud, also if a correction moves it before go-live, so that nobody is left with half a story; but a date that was
    not there yet was never announced.

    Raises:
        RepeatedIdError: if the assessment holds two obligations, or two pieces of news, under one id.
    """
    return [
        *_differences("obligation", announced.obligations, _obligations(assessment, announce_from)),
        *_differences("flag", announced.flags, _flags(assessment, announce_from)),
        *_differences("news", announced.news, _news(assessment)),
    ]


def standing(assessment: Assessment, announce_from: datetime | None = None) -> Announced:
    """Return what would be stored of this assessment had nothing been announced before."""
    return Announced(
        *(
            {id_: Standing(now.state, _body(now.thing), now.quiet) for id_, now in found}
            for found in (_obligations(assessment, announce_from), _flags(assessment, announce_from), _news(assessment))
        )
    )


def fold(announcements: Iterable[Announcement], onto: Announced | None = None) -> Announced:
    """Return what is announced after these: the last snapshot of each id, those that are gone left out."""
    start = onto or Announced()
    folded: dict[Thing, dict[str, Standing]] = {
        "obligation": dict(start.obligations),
        "flag": dict(start.flags),
        "news": dict(start.news),
    }
    for each in announcements:
        if each.state == ABSENT:
            folded[each.thing].pop(each.id, None)
        else:
            folded[each.thing][each.id] = Standing(each.state, each.body, each.quiet)
    return Announced(folded["obligation"], folded["flag"], folded["news"])


def view_of(assessment: Assessment) -> dict[str, Any]:
    """Return the part of an assessment that is not announced and is stored for the pages, as JSON values."""
    return assessment.unannounced_as_json()


def stands(obligation: Obligation, as_of: datetime) -> Stands:
    """Return the announced state of an obligation: its state, with ``warned`` for one whose warning is past."""
    found = _STANDS[obligation.state]
    is_warned = found is _PENDING and obligation.warn_at is not None and obligation.warn_at <= as_of
    return _WARNED if is_warned else found


def _differences(
    thing: Thing, before: Mapping[str, Standing], now: Iterable[tuple[str, _Now]]
) -> Iterator[Announcement]:
    current = _by_id(thing, now)
    for id_ in sorted(before.keys() - current.keys()):
        yield from _gone(thing, id_, before[id_])
    for id_, stands_now in current.items():
        was = before.get(id_)
        if was is None or was.state != stands_now.state or not _reads_as(was.body, stands_now.thing):
            yield from _difference(thing, id_, was, stands_now)


def _reads_as(body: Mapping[str, Any], thing: Obligation | Flag | News) -> bool:
    """Whether a stored snapshot is this very thing: reading it costs a quarter of writing the thing as JSON."""
    left_out = isinstance(thing, Obligation) and not thing.provisional
    if len(body) != len(thing.__struct_fields__) - left_out:
        return False  # as another version wrote it: fields that it lacks must not count as what they are by default
    try:
        return msgspec.convert(body, type(thing)) == thing
    except msgspec.ValidationError:
        return False


def _gone(thing: Thing, id_: str, was: Standing) -> Iterator[Announcement]:
    for name in _arrow(thing, was.state, ABSENT, was.body).names:
        yield Announcement(name, thing, id_, was.state, ABSENT, was.body, was.quiet)


def _difference(thing: Thing, id_: str, was: Standing | None, now: _Now) -> Iterator[Announcement]:
    body = _body(now.thing)
    quiet = now.quiet and (was is None or was.quiet or (thing == "obligation" and was.body["due_at"] is None))
    if was is not None and was.state == now.state and was.body == body:
        return
    if was is not None and was.body.get("advisory") != body.get("advisory"):
        # A duty that became or ceased to be advisory is another promise: what was said of the old one is taken back.
        yield from _gone(thing, id_, was)
        was = None
    previous = ABSENT if was is None else was.state
    for name in _arrow(thing, previous, now.state, body).names:
        yield Announcement(name, thing, id_, previous, now.state, body, quiet)


def _arrow(thing: Thing, previous: str, state: str, body: Mapping[str, Any]) -> Arrow:
    arrow: Arrow | Unheard
    match thing:
        case "obligation":
            arrow = OBLIGATION_ARROWS[Stands(previous), Stands(state)]
        case "flag":
            arrow = FLAG_ARROWS[previous, state]
        case "news":
            arrow = NEWS_ARROWS[previous, state]
    match arrow:
        case Arrow():
            return arrow.for_advisory() if body.get("advisory") else arrow
        case Unheard():
            raise LookupError(f"{thing} {previous} -> {state} is {arrow}")


def _by_id(thing: Thing, found: Iterable[tuple[str, _Now]]) -> dict[str, _Now]:
    current: dict[str, _Now] = {}
    for id_, each in found:
        if id_ in current:
            raise RepeatedIdError(
                f"The assessment holds two of one id ({thing} {id_}); its rules must tell them apart."
            )
        current[id_] = each
    return current


def _obligations(assessment: Assessment, announce_from: datetime | None) -> Iterator[tuple[str, _Now]]:
    for each in assessment.obligations:
        quiet = announce_from is not None and each.due_at is not None and each.due_at < announce_from
        yield each.id, _Now(stands(each, assessment.as_of), each, quiet)


def _flags(assessment: Assessment, announce_from: datetime | None) -> Iterator[tuple[str, _Now]]:
    alike: dict[tuple[str, ...], int] = {}
    for each in assessment.flags:
        name = (assessment.case_id, each.kind, each.victim_id, each.event_id, instant_text(each.since))
        alike[name] = nth = alike.get(name, 0) + 1
        quiet = announce_from is not None and each.since < announce_from
        yield _id(*name, str(nth)), _Now("raised" if each.until is None else "ended", each, quiet)


def _news(assessment: Assessment) -> Iterator[tuple[str, _Now]]:
    for each in assessment.news:
        yield _id(assessment.case_id, each.victim_id, each.source, each.event_id, each.purpose), _Now("to_tell", each)


def _body(thing: Obligation | Flag | News) -> dict[str, Any]:
    """Return a snapshot as it is stored and announced."""
    match thing:
        case Obligation():
            return thing.as_json() | {"trigger_source": thing.trigger_source}
        case Flag():
            return thing.as_json()
        case News():
            return news_as_json(thing)


def news_as_json(news: News) -> dict[str, Any]:
    """A piece of news as it is stored and announced; nothing in it says what was told."""
    return {
        "victim_id": news.victim_id,
        "event_id": news.event_id,
        "source": news.source,
        "type": news.type,
        "purpose": news.purpose,
        "occurred_at": instant_text(news.occurred_at),
        "known_at": instant_text(news.known_at),
    }


def _id(*parts: str) -> str:
    # As json.dumps writes a list of texts, in a third of its time.
    listed = f"[{', '.join(map(encode_basestring_ascii, parts))}]"
    return sha256(listed.encode("ascii")).hexdigest()[:32]
