"""One case as the writers of an assessment see it: its difference, the record put right, and to whom its cards go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from services.contacts.addressee import DECIDING, Addressee, addressee_of
from services.contacts.cards import Card
from services.contacts.safe_contact import SAFE_CONTACT
from services.contacts.sight import BEGINNING, OF_SIGHT, allowed_of, is_sealed
from services.journeys.facts import Fact
from services.journeys.putting_right import PutRight, put_right
from services.journeys.replacements import read_replacement_of
from services.storage.cards import RaisedCard
from services.storage.differences import Difference
from services.storage.payloads import to_bytes


@dataclass(frozen=True)
class Work:
    """One case's difference and what is derived of it when it is needed."""

    difference: Difference

    @cached_property
    def record(self) -> PutRight:
        """The record of the case, put right."""
        return put_right(self.difference.facts, None, read_replacement_of)

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """What happened, by id."""
        return {fact.id: fact for fact in self.record.happenings}

    @property
    def now(self) -> datetime:
        """The moment of the assessment."""
        return self.difference.now

    def raised(self, card: Card) -> RaisedCard:
        """Return a card with its case, to whom it goes, and what its plan rests on."""
        to = self.to(card.duty_of, card.for_officer, card.victim_id)
        basis = self.plan_basis(to, card.victim_id)
        return RaisedCard(self.difference.case_key, self.difference.case_id, card, to, basis)

    def to(self, duty_of: str, for_officer: str | None, victim_id: str | None) -> Addressee:
        """Return to whom a card goes; worked out once for each kind of card and victim of the case."""
        asked = (duty_of, for_officer, victim_id)
        if (known := self._addressees.get(asked)) is None:
            known = self._addressees[asked] = addressee_of(*asked, self._of_the_case, self.now)
        return known

    def plan_basis(self, to: Addressee, victim_id: str | None) -> bytes:
        """Return a hash of what a plan rests on that the case can change: addressee, safe contact, who may see it."""
        rests_on = to.ref.encode(errors="surrogatepass") + self._safe_contact.get(victim_id, b"") + self._sight
        return sha256(rests_on).digest()

    @cached_property
    def _addressees(self) -> dict[tuple[str, str | None, str | None], Addressee]:
        return {}

    @cached_property
    def _of_the_case(self) -> list[Fact]:
        return [fact for fact in self.record.happenings if fact.type in DECIDING]

    @cached_property
    def _sight(self) -> bytes:
        happened = [fact for fact in self.record.happenings if fact.type in OF_SIGHT and fact.occurred_at <= self.now]
        if not any(fact.type in BEGINNING for fact in happened):
            return b""
        return to_bytes({"allowed": allowed_of(happened), "sealed": is_sealed(happened)})

    @cached_property
    def _safe_contact(self) -> dict[str | None, bytes]:
        found: dict[str | None, bytes] = {}
        for fact in self.record.happenings:
            if fact.type == SAFE_CONTACT and fact.occurred_at <= self.now:
                found[fact.victim_id] = found.get(fact.victim_id, b"") + fact.id.encode() + to_bytes(fact.data)
        return found
