"""The keys that open the server: only their hashes are kept."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from starlette.datastructures import Headers

from embeddings import SettingsError

__all__ = ["Keys", "given_key"]


class Keys:
    """One or more secret keys, by their SHA-256."""

    def __init__(self, hashes: Iterable[str]) -> None:
        """Take hashes, 64 hexadecimal digits each.

        Raises:
            SettingsError: there is none, or one is no SHA-256.
        """
        self._hashes = [value.lower() for value in hashes]
        if not self._hashes:
            raise SettingsError("There is no key: name at least one.")
        for place, value in enumerate(self._hashes, start=1):
            if not re.fullmatch("[0-9a-f]{64}", value):
                # It is not quoted: it may be a key itself, which must not come into a log.
                raise SettingsError(f"Hash {place} is no SHA-256 of a key: {_HOW}")

    @classmethod
    def of(cls, keys: Iterable[str]) -> Self:
        """Take the keys themselves.

        Raises:
            SettingsError: there is none, or one is empty.
        """
        given = list(keys)
        if not all(given):
            raise SettingsError("A key must not be empty.")
        return cls(_hash(key.encode()) for key in given)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a file of hashes, one at the beginning of each line; `#` begins a comment.

        Raises:
            SettingsError: the file cannot be read, or a line begins with no hash.
        """
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"The keys in {file} cannot be read: {error}") from error
        words = [line.partition("#")[0].split() for line in lines]
        return cls(first for first, *_ in filter(None, words))

    def accept(self, key: bytes) -> bool:
        """Tell whether a key is one of these, in a time that does not tell how near it came."""
        given = _hash(key)
        # Every hash is compared: a list ends no sooner for the first one.
        return sum(hmac.compare_digest(given, known) for known in self._hashes) > 0


_HOW = "make one by `printf %s KEY | sha256sum`."


def _hash(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


def given_key(headers: Headers) -> bytes | None:
    """Find the key that came with a request; None when there is none.

    `X-API-Key: KEY`, `Authorization: Bearer KEY`, or the password of `Authorization: Basic`, which
    is what a browser asks a person for.
    """
    named = headers.get("x-api-key")
    if named is not None:
        return named.encode("latin-1")  # as it was decoded
    scheme, _, value = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip().encode("latin-1")
        case "basic":
            try:
                return base64.b64decode(value, validate=True).partition(b":")[2]
            except (binascii.Error, ValueError):
                return None
        case _:
            return None
