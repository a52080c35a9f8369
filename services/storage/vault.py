"""The vault: notes, telephone numbers and words to a victim, encrypted at rest with a key per victim.

Each victim has a data key of their own, kept only wrapped by the master key. Destroying it makes everything sealed
for that victim unreadable, wherever copies and backups of the rows may be, and leaves every row (and so every
assessment, which never needs the words) as it was.

What is sealed is bound to the row it stands in: ciphertext moved to another row, or to another victim, does not open.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.storage.tables import victim_key
from services.storage.tables_notify import vault_keys

KEY_BYTES = 32
SHORTEST_SECRET = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"
_LAPTOP_KEY_FILE = "master.key"
_OWNER_ONLY = 0o600
_GENERATION_BYTES = 4
_HEADER_BYTES = len(_FORMAT) + _GENERATION_BYTES
_ROUNDS = 5
"""How often a missing key is made and looked for again; each round that fails means that one was erased meanwhile."""


class VaultError(Exception):
    """The vault could not be used; the message says what to do and holds no value."""


class ErasedError(VaultError):
    """This was sealed under a key that has been erased; nobody can read it again."""


class MasterKey:
    """The key that wraps every victim's key and keys the blind index; it is never shown."""

    def __init__(self, secret: str) -> None:
        """Take the setting ``WAYMARK_MASTER_KEY``, such as ``openssl rand -base64 32`` makes it.

        Raises:
            VaultError: if it is too short to protect anything; the sentence does not repeat it.
        """
        if len(secret.strip()) < SHORTEST_SECRET:
            raise VaultError(f"WAYMARK_MASTER_KEY must have at least {SHORTEST_SECRET} characters, all of them random.")
        material = secret.strip().encode()
        self._wrapping = AESGCM(_derived(material, b"waymark: wrap the key of a victim, 1"))
        self._index_key = _derived(material, b"waymark: blind index, 1")
        self._records = AESGCM(_derived(material, b"waymark: records that were refused, 1"))
        self._digest_key = _derived(material, b"waymark: keyed digest, 1")

    def wrap(self, data_key: bytes, bound_to: bytes) -> bytes:
        """Return a victim's key encrypted, bound to its row."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, data_key, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """Return a victim's key.

        Raises:
            VaultError: if another master key wrapped it, or it was moved or changed.
        """
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound_to)
        except InvalidTag:
            raise VaultError(
                "A victim's key does not open with this master key. "
                "Set WAYMARK_MASTER_KEY to the one this store was made with."
            ) from None

    def index_of(self, what: str, value: str) -> bytes:
        """Return the blind index of a value: equal for equal values of one kind, and worth nothing without this key."""
        return hmac.digest(self._index_key, f"{what}\0{value}".encode("utf-8", "surrogatepass"), "sha256")

    def digest_of(self, what: str, plain: bytes) -> bytes:
        """Return 32 bytes, equal for equal bytes of one kind; without this key no guess can be tried on them."""
        return hmac.digest(self._digest_key, what.encode() + b"\0" + plain, "sha256")

    def seal_record(self, row_id: bytes, plain: bytes) -> bytes:
        """Return a refused record encrypted, bound to its row: whose it is nobody could read, so no victim's key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._records.encrypt(nonce, plain, _FORMAT + row_id)

    def open_record(self, row_id: bytes, sealed: bytes) -> bytes:
        """Return a refused record as it came.

        Raises:
            VaultError: if another master key sealed it, or it was moved or changed.
        """
        nonce = sealed[len(_FORMAT) : len(_FORMAT) + _NONCE_BYTES]
        try:
            return self._records.decrypt(nonce, sealed[len(_FORMAT) + _NONCE_BYTES :], _FORMAT + row_id)
        except (InvalidTag, ValueError):
            raise VaultError(
                "This record does not open with this master key. "
                "Set WAYMARK_MASTER_KEY to the one this store was made with."
            ) from None


def master_key_for(setting: str | None, data_dir: Path | None) -> MasterKey:
    """Return the master key of the setting, else the one beside the data of ``waymark up``, else refuse to start.

    ``data_dir`` is None in service: a key beside the data protects nothing there. On a laptop it is made at the first
    start, in a file of the owner's alone; of several processes that start at once, all use the same.

    Raises:
        VaultError: if there is neither, or the setting is too short.
    """
    if setting is not None:
        return MasterKey(setting)
    if data_dir is None:
        raise VaultError(
            "WAYMARK_MASTER_KEY is not set. In service Waymark does not start without it: set it to at least "
            f"{SHORTEST_SECRET} random characters, kept apart from the database."
        )
    path = data_dir / _LAPTOP_KEY_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        unfinished = path.with_name(f"{_LAPTOP_KEY_FILE}.{os.getpid()}")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(KEY_BYTES))
        try:
            # A link is refused where another process was first, and the file is never seen half written.
            path.hardlink_to(unfinished)
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    return MasterKey(path.read_text(encoding="ascii"))


class Vault:
    """Seals and opens what is personal; one object per process, holding the master key and nothing of any victim.

    Keys are not kept in memory between calls, so an erased key is gone for every process at once.
    """

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    async def refuse_another_key(self, conn: AsyncConnection) -> None:
        """Raise VaultError where the store was made with another master key; a store without any key takes this one.

        With another key events would be stored all the same, with digests that no later one meets: what comes a second
        time would pass for other content, and a note of somebody new could be read by nobody.
        """
        kept = select(vault_keys).where(vault_keys.c.wrapped.is_not(None)).limit(1)
        for row in await conn.execute(kept):
            self._unwrapped(row.victim_key, row.generation, row.wrapped)

    def index_of(self, what: str, value: str) -> bytes:
        """Return the blind index of a value (see ``MasterKey.index_of``)."""
        return self._master.index_of(what, value)

    def digest_of(self, what: str, plain: bytes) -> bytes:
        """Return a keyed digest (see ``MasterKey.digest_of``)."""
        return self._master.digest_of(what, plain)

    def seal_record(self, row_id: bytes, plain: bytes) -> bytes:
        """Return a refused record encrypted (see ``MasterKey.seal_record``)."""
        return self._master.seal_record(row_id, plain)

    def open_record(self, row_id: bytes, sealed: bytes) -> bytes:
        """Return a refused record as it came; raises VaultError (see ``MasterKey.open_record``)."""
        return self._master.open_record(row_id, sealed)

    async def seal_many(self, conn: AsyncConnection, rows: Sequence[tuple[str, bytes, bytes]]) -> list[bytes]:
        """Return each ``(victim id, identity of the row, what to seal)`` encrypted, in the given order.

        Runs in the caller's transaction with a fixed number of statements, however many rows. Missing keys are made in
        key order, so that two batches cannot wait for each other here: call it at one fixed place among the writes
        of a transaction. Victim ids may be any string.
        """
        keys = await self.keys_for(conn, {victim_id for victim_id, _, _ in rows})
        sealed: list[bytes] = []
        for victim_id, row_id, plain in rows:
            generation, data_key = keys[victim_id]
            header = _FORMAT + generation.to_bytes(_GENERATION_BYTES, "big")
            nonce = secrets.token_bytes(_NONCE_BYTES)
            bound_to = _bound(header, victim_key(victim_id), row_id)
            sealed.append(header + nonce + AESGCM(data_key).encrypt(nonce, plain, bound_to))
        return sealed

    async def open_many(self, conn: AsyncConnection, rows: Sequence[tuple[str, bytes, bytes]]) -> list[bytes | None]:
        """Return each ``(victim id, identity of the row, what was sealed)`` decrypted; None where the key was erased.

        Raises:
            VaultError: if something was sealed for another row or victim, or was changed.
        """
        wanted = {(victim_key(victim_id), _generation_of(sealed)) for victim_id, _, sealed in rows}
        found = await conn.execute(
            select(vault_keys.c.victim_key, vault_keys.c.generation, vault_keys.c.wrapped).where(
                vault_keys.c.victim_key == any_(bindparam("keys", [key for key, _ in wanted], type_=ARRAY(BYTEA)))
            )
        )
        data_keys = {
            (row.victim_key, row.generation): self._unwrapped(row.victim_key, row.generation, row.wrapped)
            for row in found
            if row.wrapped is not None and (row.victim_key, row.generation) in wanted
        }
        return [_opened(data_keys, victim_key(victim_id), row_id, sealed) for victim_id, row_id, sealed in rows]

    async def open_one(self, conn: AsyncConnection, victim_id: str, row_id: bytes, sealed: bytes) -> bytes:
        """Return one value decrypted.

        Raises:
            ErasedError: if its key was erased.
            VaultError: if it was sealed for another row or victim, or was changed.
        """
        (plain,) = await self.open_many(conn, [(victim_id, row_id, sealed)])
        if plain is None:
            raise ErasedError("This was erased with the victim's key and cannot be read again.")
        return plain

    async def keys_for(self, conn: AsyncConnection, victim_ids: Iterable[str]) -> Mapping[str, tuple[int, bytes]]:
        """Return the live key of each victim with its generation, making those that are missing."""
        by_key = {victim_key(each): each for each in victim_ids}
        found: dict[bytes, tuple[int, bytes]] = {}
        for _ in range(_ROUNDS):
            found |= await self._live_keys(conn, sorted(by_key.keys() - found.keys()))
            missing = sorted(by_key.keys() - found.keys())
            if not missing:
                return {victim_id: found[key] for key, victim_id in by_key.items()}
            await self._make_keys(conn, missing)
        raise VaultError("The keys of some victims were erased again and again while they were asked for; try again.")

    async def erase(self, conn: AsyncConnection, victim_id: str) -> bool:
        """Destroy this victim's key and return whether there was one.

        Every row stays; what was sealed in it until now is unreadable for ever. What arrives afterwards is sealed
        under a new key, so that a later report is not lost: erase again to be rid of that.
        """
        done = await conn.execute(
            update(vault_keys)
            .where(vault_keys.c.victim_key == victim_key(victim_id), vault_keys.c.wrapped.is_not(None))
            .values(wrapped=None, erased_at=func.clock_timestamp())
        )
        return done.rowcount > 0

    async def _live_keys(self, conn: AsyncConnection, keys: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
        if not keys:
            return {}
        rows = await conn.execute(
            select(vault_keys.c.victim_key, vault_keys.c.generation, vault_keys.c.wrapped).where(
                vault_keys.c.victim_key == any_(bindparam("keys", list(keys), type_=ARRAY(BYTEA))),
                vault_keys.c.wrapped.is_not(None),
            )
        )
        return {
            row.victim_key: (row.generation, self._unwrapped(row.victim_key, row.generation, row.wrapped))
            for row in rows
        }

    async def _make_keys(self, conn: AsyncConnection, keys: Sequence[bytes]) -> None:
        """Make a key for each; where another transaction made one first, wait for it and leave it."""
        rows = await conn.execute(
            select(vault_keys.c.victim_key, func.max(vault_keys.c.generation))
            .where(vault_keys.c.victim_key == any_(bindparam("keys", list(keys), type_=ARRAY(BYTEA))))
            .group_by(vault_keys.c.victim_key)
        )
        last = {row[0]: row[1] for row in rows}
        new = [(key, last.get(key, 0) + 1) for key in keys]
        source = select(
            func.unnest(bindparam("new_keys", [key for key, _ in new], type_=ARRAY(BYTEA))),
            func.unnest(bindparam("generations", [generation for _, generation in new], type_=ARRAY(_INTEGER))),
            func.unnest(
                bindparam(
                    "wrapped",
                    [
                        self._master.wrap(secrets.token_bytes(KEY_BYTES), _key_identity(key, generation))
                        for key, generation in new
                    ],
                    type_=ARRAY(BYTEA),
                )
            ),
        )
        await conn.execute(
            insert(vault_keys)
            .from_select(["victim_key", "generation", "wrapped"], source, include_defaults=False)
            .on_conflict_do_nothing()
        )

    def _unwrapped(self, key: bytes, generation: int, wrapped: bytes) -> bytes:
        return self._master.unwrap(wrapped, _key_identity(key, generation))


_INTEGER = vault_keys.c.generation.type


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key)


def _key_identity(key: bytes, generation: int) -> bytes:
    return b"waymark: key of a victim" + key + generation.to_bytes(_GENERATION_BYTES, "big")


def _bound(header: bytes, key: bytes, row_id: bytes) -> bytes:
    return header + key + sha256(row_id).digest()


def _generation_of(sealed: bytes) -> int:
    if len(sealed) < _HEADER_BYTES + _NONCE_BYTES or not sealed.startswith(_FORMAT):
        raise VaultError("What is stored here was not sealed by this vault.")
    return int.from_bytes(sealed[len(_FORMAT) : _HEADER_BYTES], "big")


def _opened(data_keys: Mapping[tuple[bytes, int], bytes], key: bytes, row_id: bytes, sealed: bytes) -> bytes | None:
    data_key = data_keys.get((key, _generation_of(sealed)))
    if data_key is None:
        return None
    nonce = sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
    try:
        return AESGCM(data_key).decrypt(
            nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], _bound(sealed[:_HEADER_BYTES], key, row_id)
        )
    except InvalidTag:
        raise VaultError("What is stored here was sealed for another row, or was changed.") from None
