"""Delivers notices: takes one, commits, hands it to the channel once with no session open, and records the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifications.channels.staff import Alert, NotDeliveredError, NoWayError, StaffChannel
from services.storage.notices import DueNotice, NoticeKind, NoticeState, settle, take_notice
from services.storage.officers import address_of, officer_key
from services.storage.vault import Vault, VaultError

MOST_IN_A_ROUND: Final = 100

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Everything delivering needs. ``pages`` is the address at which staff reach Waymark."""

    engine: AsyncEngine
    vault: Vault
    channel: StaffChannel
    pages: str
    control_room: str | None = field(default=None, repr=False)

    async def deliver_due(self, most: int = MOST_IN_A_ROUND) -> int:
        """Deliver what is due, what interrupts first; return how many attempts were made."""
        for number in range(most):
            if not await self._deliver_next():
                return number
        return most

    async def _deliver_next(self) -> bool:
        address, why = None, None
        async with self.engine.begin() as conn:
            notice = await take_notice(conn)
            if notice is None:
                return False
            try:
                address = await self._address(conn, notice)
            except VaultError:
                why = "the address cannot be read with this master key"
        state = NoticeState.NO_ADDRESS
        if address is not None:
            state, why = await self._attempt(notice, address)
        elif why is None:
            why = "no address is known"
        async with self.engine.begin() as conn:
            stands = await settle(conn, notice, state, why)
        if notice.kind is NoticeKind.LAST_RESORT and stands in (NoticeState.FAILED, NoticeState.NO_ADDRESS):
            _log.error("interruption_reached_nobody", notice_id=str(notice.notice_id))
        _log.info("notice_settled", notice_id=str(notice.notice_id), kind=notice.kind.value, state=stands.value)
        return True

    async def _attempt(self, notice: DueNotice, address: str) -> tuple[NoticeState, str | None]:
        try:
            await self.channel.deliver(address, Alert(notice.about, self._list_of(notice)))
        except NoWayError as reason:
            return NoticeState.NO_ADDRESS, str(reason)
        except NotDeliveredError as reason:
            return NoticeState.FAILED, str(reason)
        except Exception as failure:  # noqa: BLE001 - whatever one notice raises stops that notice alone
            return NoticeState.FAILED, f"it could not be handed over ({type(failure).__name__})"
        return NoticeState.DELIVERED, None

    def _list_of(self, notice: DueNotice) -> str:
        return f"{self.pages.rstrip('/')}/people-keys/{officer_key(notice.to).hex()}"

    async def _address(self, conn: AsyncConnection, notice: DueNotice) -> str | None:
        if notice.kind is NoticeKind.LAST_RESORT:
            return self.control_room
        return await address_of(conn, self.vault, notice.to)
