"""What is said on ``compliance.events`` of the store itself: that it was restored from a backup."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

STORE_RESTORED: Final = "waymark.store.restored.v1"
"""The type under which it is published that the store was restored from a backup."""


class RestoredData(BaseModel):
    """The store was restored from a backup taken at ``backup_taken_at``; ``restore`` counts restores from 1.

    What was announced between the backup and this is announced anew as far as it still stands, in other words perhaps:
    every announcement from here on has a ``sequence`` above ``sequences_above``, so that none bears an id used before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    restore: Annotated[int, Field(ge=1)]
    backup_taken_at: AwareDatetime
    sequences_above: Annotated[int, Field(ge=1)]


class StoreRestored(BaseModel):
    """The store was restored: about no case, so no ``Announcement``; keyed and named ``ledger``."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Literal["/waymark"] = "/waymark"
    type: Literal["waymark.store.restored.v1"] = "waymark.store.restored.v1"
    subject: Literal["ledger"] = "ledger"
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: RestoredData
