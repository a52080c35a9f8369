"""Whether the ledger's anchors come as they should; asked by `waymark doctor` and by the health page.

An anchor is made within a minute of what it covers, and each hour where nothing happened: later than that, nobody is
making them, and a truncated ledger would not show.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

LATE_AFTER: Final = timedelta(minutes=5)
"""How long an announcement may lie without an anchor over it."""

HEARTBEAT_LATE_AFTER: Final = timedelta(hours=1) + LATE_AFTER

LATENESS: Final = f"""
SELECT extract(epoch FROM moment.now - last.made_at)::float8 AS age_s,
       CASE WHEN last.made_at IS NULL OR moment.now - last.made_at > interval '{LATE_AFTER.total_seconds():.0f} s' THEN
           EXISTS (
               SELECT 1 FROM cases
               WHERE cases.sequence > 0
                 AND cases.assessed_at <= moment.now - interval '{LATE_AFTER.total_seconds():.0f} s'
                 AND NOT EXISTS (
                     SELECT 1 FROM anchor_leaves
                     WHERE anchor_leaves.case_key = cases.case_key AND anchor_leaves.sequence = cases.sequence
                 )
           )
           ELSE false END AS waits
FROM (SELECT waymark_now() AS now) AS moment
LEFT JOIN (SELECT made_at FROM anchors ORDER BY number DESC LIMIT 1) AS last ON true
"""  # noqa: S608 - two numbers written above
"""Seconds since the last anchor (null: there is none), and whether announcements have waited too long for one."""


def complaint(age_s: float | None, *, waits: bool) -> str | None:
    """Return what is wrong with the anchors, in a sentence, or None."""
    if waits:
        since = "there is none yet" if age_s is None else f"the last is {age_s / 60:.0f} minutes old"
        return f"Announcements have waited more than {LATE_AFTER.seconds // 60} minutes for an anchor: {since}."
    if age_s is not None and age_s > HEARTBEAT_LATE_AFTER.total_seconds():
        return f"The last anchor of the ledger is {age_s / 60:.0f} minutes old, and one is made at least each hour."
    return None
