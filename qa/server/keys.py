"""API keys. Only their hashes are stored."""

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


class Keys:
    """The SHA-256 hashes of one or more keys."""

    def __init__(self, hashes: Iterable[str]) -> None:
        """Create from hashes of 64 hexadecimal digits.

        Raises:
            SettingsError: there is no hash, or a value is not a hash.
        """
        self._hashes = [value.lower() for value in hashes]
        if not self._hashes:
            raise SettingsError("There is no API key: give at least one.")
        for place, value in enumerate(self._hashes, start=1):
            if not re.fullmatch("[0-9a-f]{64}", value):
                # The value is not shown, because it may be a key and must not get into a log.
                raise SettingsError(
                    f"Hash {place} is not the SHA-256 of an API key: create it with "
                    "`printf %s KEY | sha256sum`."
                )

    @classmethod
    def of(cls, keys: Iterable[str]) -> Self:
        """Create from keys.

        Raises:
            SettingsError: there is no key, or one is empty.
        """
        given = list(keys)
        if not all(given):
            raise SettingsError("An API key must not be empty.")
        return cls(_hash(key.encode()) for key in given)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a file with a hash at the beginning of each line; `#` starts a comment.

        Raises:
            SettingsError: the file cannot be read, or a line does not start with a hash.
        """
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"The API keys in {file} cannot be read: {error}") from error
        words = [line.partition("#")[0].split() for line in lines]
        return cls(first for first, *_ in filter(None, words))

    def accept(self, key: bytes) -> bool:
        """Return whether a key is one of these, in constant time."""
        given = _hash(key)
        # All hashes are compared, so that the time does not depend on which one matches.
        return sum(hmac.compare_digest(given, known) for known in self._hashes) > 0


def _hash(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


def key_from_headers(headers: Headers) -> bytes | None:
    """Return the key of a request; None if it has none.

    It is in `X-API-Key`, in `Authorization: Bearer`, or the password of `Authorization: Basic`,
    which browsers send.
    """
    named = headers.get("x-api-key")
    if named is not None:
        return named.encode("latin-1")  # the encoding of headers
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
