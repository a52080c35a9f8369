"""Which stored number a text may go to, or why there is none: rules 1 and 3 of the send gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.contacts.decision import Reason, Verdict
from services.contacts.person import ContactPoint, Person


def choose_point(person: Person, now: datetime) -> tuple[ContactPoint | None, list[Reason]]:
    """Return the contact point to use, the person's own first, or every reason why there is none.

    A handset in police hands alone leads on to the next agreed number. What is wrong with a number (nobody confirmed
    it, it changed hands) is no ground to try another: a person asks first.
    """
    usable, problem = _usable(person)
    held: list[Reason] = []
    for point in usable:
        problem = _problem_with(point, now)
        if problem is not None:
            break
        if not person.custody.holds(point.ref):
            return point, []
        which = "a phone was taken and it is not recorded which number it answers to"
        held.append(
            Reason(
                "3",
                Verdict.SUPPRESS,
                which if person.custody.unknown else "the number is that of a phone in police hands",
            )
        )
    # A number in police hands says more about what to do than one that never counted.
    return None, held or [Reason("1", Verdict.SUPPRESS, str(problem))]


def _usable(person: Person) -> tuple[Sequence[ContactPoint], str | None]:
    """Return the points that take texts and belong to somebody safe, or why there are none.

    Somebody else's number is used only where a person confirmed that they are safe, and are neither suspect nor
    witness; for a victim under 18 no other is (texts-to-victims.md, rule 1).
    """
    texting = [each for each in person.points if each.can_text]
    under_18 = person.is_under_18()
    usable = [each for each in texting if each.adult_confirmed or (each.belongs_to == "self" and not under_18)]
    if usable:
        return usable, None
    if not person.points:
        return (), "no number is stored for them"
    if not texting:
        return (), "the stored contact point cannot receive texts"
    if under_18:
        return (), "they are under 18 and nobody has confirmed a safe adult's number"
    return (), "the number is somebody else's, and nobody has confirmed that they are safe"


def _problem_with(point: ContactPoint, now: datetime) -> str | None:
    problems = (
        (point.confirmed_at is None or point.confirmed_at > now, "no person has confirmed the stored number"),
        (point.quarantine == "changed", "the number was changed and nobody has confirmed it in another way"),
        (point.quarantine not in {None, "changed"}, "the same number is stored for two people"),
    )
    return next((words for stands, words in problems if stands), None)
