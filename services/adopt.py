"""What adopting a rule set would announce, told before it does: the difference of every case, by rule and kind.

Nothing is written. It is what the assessments that follow an adoption will announce, for the same moment; alerts and
texts come of none of it (cause ``ruleset``), a person reads this instead.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.journeys.assessment import Assessment
from services.journeys.changes import Announcement, changes
from services.journeys.facts import Fact
from services.storage.casework import moment
from services.storage.rereading import every_case

AT_ONCE: Final = 200
ASK_ABOVE_SHARE: Final = 0.2
"""Above this share of cases that would change, adopting asks first: a pack edited by mistake looks like this."""


@dataclass(slots=True)
class Foreseen:
    """What would change: cases looked at, cases that change, announcements by rule (or flag) and name."""

    cases: int = 0
    changed: int = 0
    failed: list[str] = field(default_factory=list)
    """Cases whose assessment raised under the new rule set; they would be set aside."""
    announcements: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """The share of cases that would change."""
        return self.changed / self.cases if self.cases else 0.0

    def content(self) -> dict[str, Any]:
        """The summary as data, as it is kept with the adoption: no case is named in it."""
        return {
            "cases": self.cases,
            "changed": self.changed,
            "failed": len(self.failed),
            "share": round(self.share, 4),
            "announcements": [
                {"rule": rule, "what": name, "count": count} for (rule, name), count in self._most_first()
            ],
        }

    def lines(self) -> list[str]:
        """The summary an administrator reads: counts by rule and kind, most first."""
        return summary_lines(self.content())

    def _most_first(self) -> list[tuple[tuple[str, str], int]]:
        return sorted(self.announcements.items(), key=lambda each: (-each[1], each[0]))


def summary_lines(content: Mapping[str, Any]) -> list[str]:
    """The summary of an adoption (``Foreseen.content``) in lines."""
    lines = [f"{each['count']:>8}  {each['rule']:<26} {each['what']}" for each in content["announcements"]]
    failed = f", {content['failed']} cannot be assessed" if content["failed"] else ""
    return [*lines, f"{content['changed']} of {content['cases']} cases change ({content['share']:.0%}){failed}"]


async def foresee(
    engine: AsyncEngine,
    assess: Callable[[Sequence[Fact], datetime], Assessment],
    announce_from: datetime | None = None,
    told: Callable[[int], None] = lambda _: None,
    changed: Callable[[str, Sequence[Announcement]], None] = lambda _case, _found: None,
) -> Foreseen:
    """Say what assessing every case anew would announce now.

    ``told`` hears of every case that is done, ``changed`` of each that changes, with what it would announce.
    """
    found = Foreseen()
    async with engine.connect() as plain:
        conn = await plain.execution_options(isolation_level="REPEATABLE READ")
        now = await moment(conn)
        async for case in every_case(conn, AT_ONCE):
            found.cases += 1
            await asyncio.sleep(0)
            at = max(now, case.assessed_at) if case.assessed_at is not None else now
            try:
                announced = changes(case.stored.read(), assess(case.facts.read(), at), announce_from)
            except Exception:  # noqa: BLE001 - one case must not hide what the others would do
                found.failed.append(case.id)
                continue
            found.changed += bool(announced)
            found.announcements.update((about(each), each.what) for each in announced)
            if announced:
                changed(case.id, announced)
            told(1)
    return found


def about(announcement: Announcement) -> str:
    """What an announcement is counted under: its rule, or the kind of flag, or the type of event it is news of."""
    body = announcement.body
    return str(body.get("rule") or body.get("kind") or body.get("type") or announcement.thing)
