"""Reports a delivered text back to its case, as the contact it was: out over the outbox, in like any other event."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.topics import CASE_EVENTS
from services.contacts.decision import TextRequest
from services.contacts.news_said import TEXTS_SOURCE
from services.storage.payloads import packed_headers
from services.storage.tables import OUTBOX_CHANNEL, case_key, outbox, shard_of
from services.storage.texts import reported_as


async def report_back(
    conn: AsyncConnection,
    text_id: UUID,
    request: TextRequest,
    now: datetime,
    *,
    informs: bool,
    promised_by: date | None = None,
) -> None:
    """Publish a delivered text as a contact of the case; only words that state the event carry `informed_of`.

    ``promised_by`` is the London day by which its words say that the victim will hear again.
    """
    data: dict[str, Any] = {
        "victim_id": request.victim_id,
        "channel": "sms",
        "direction": "outbound",
        "outcome": "delivered",
        "recorded_at": now.isoformat(),
    }
    if informs:
        data["informed_of"] = [request.event_id]
    if promised_by is not None:
        data["promised_by"] = promised_by.isoformat()
    event = {
        "specversion": "1.0",
        "id": reported_as(text_id),
        "source": TEXTS_SOURCE,
        "type": "contact.made.v1",
        "subject": request.case_id,
        "time": now.isoformat(),
        "data": data,
    }
    await conn.execute(
        insert(outbox).values(
            shard=shard_of(case_key(request.case_id)),
            topic=CASE_EVENTS.name,
            key=request.case_id.encode(),
            value=json.dumps(event).encode(),
            headers=packed_headers([("content-type", b"application/cloudevents+json")]),
        )
    )
    await conn.execute(select(func.pg_notify(OUTBOX_CHANNEL, "")))
