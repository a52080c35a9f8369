"""How a process comes by its rule set: the packs named, and the holidays of the settings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from infra.settings import Settings
from services.journeys.rule_set import RuleSet, load_rule_set
from services.provisions.holidays_file import read_holidays
from services.provisions.packs import PACKS_IN_SERVICE, PackError


def rules_of(settings: Settings, packs: Iterable[str] = PACKS_IN_SERVICE) -> RuleSet:
    """Return the rule set that these settings make: the packs named, and the holidays of WAYMARK_HOLIDAYS.

    Every command, process and page loads its rules here, so that none carries another calendar than its neighbours. A
    list that cannot be used stops it, in a sentence: without it days would be counted wrong.

    Raises:
        PackError: where a pack or the list of holidays cannot be used.
    """
    return load_rule_set(packs, holidays_of(settings))


def holidays_of(settings: Settings) -> tuple[date, ...]:
    """Return the bank holidays of WAYMARK_HOLIDAYS, none where it is not set.

    Raises:
        PackError: where the list cannot be used.
    """
    file = settings.holidays
    if file is None:
        return ()
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise PackError(
            f"{file.name}: the list of holidays cannot be read. Check WAYMARK_HOLIDAYS and the file's encoding (UTF-8)."
        ) from None
    return tuple(each.day for each in read_holidays(text, file.name))
