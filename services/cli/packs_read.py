"""How commands about the law come by packs: by name, or from a file; what cannot be used is said in a sentence."""

from __future__ import annotations

from pathlib import Path

from services.provisions.packs import Pack, PackError, names_of_packs, pack_text, read_whole_pack

_SUFFIXES = (".yaml", ".yml")


def text_of_pack(named: str) -> tuple[str, str]:
    """What a pack is called in messages, and its text: one that ships, by name, or a file, by its path.

    Raises:
        PackError: where there is no such pack or file, or the file cannot be read.
    """
    path = Path(named)
    if named in names_of_packs() or not (path.suffix in _SUFFIXES or len(path.parts) > 1):
        return f"{named}.yaml", pack_text(named)
    try:
        return path.name, path.read_text(encoding="utf-8")
    except OSError as error:
        raise PackError(f"{named} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise PackError(f"{path.name}: it is not UTF-8. Save it as UTF-8.") from None


def pack_of(named: str) -> Pack:
    """The pack of this name or path; raises PackError where it cannot be used."""
    file, text = text_of_pack(named)
    return read_whole_pack(text, file)
