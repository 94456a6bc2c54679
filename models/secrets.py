"""Encryption of identity and bank numbers. The keys come from outside the database; a keyed hash makes exact search possible.

A copy of the database alone must never be enough to read a number, or to find one by trying all identity numbers.
"""

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal, Protocol

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Dialect, MetaData, Text
from sqlalchemy.types import TypeDecorator

Suite = Literal["aes", "sm"]
KEY_BYTES: dict[str, int] = {"aes": 32, "sm": 16}
NONCE_BYTES = 12
TAG_BYTES = 16


class Sealer(Protocol):
    def __call__(self, key: bytes, nonce: bytes, text: bytes, context: bytes) -> bytes: ...


@lru_cache(maxsize=16)
def _aes(key: bytes) -> AESGCM:
    """Return the cipher of a key: expanding it takes as long as opening a number, and an export opens many."""
    return AESGCM(key)


def _seal_aes(key: bytes, nonce: bytes, text: bytes, context: bytes) -> bytes:
    return _aes(key).encrypt(nonce, text, context)


def _open_aes(key: bytes, nonce: bytes, text: bytes, context: bytes) -> bytes:
    return _aes(key).decrypt(nonce, text, context)


def _seal_sm4(key: bytes, nonce: bytes, text: bytes, context: bytes) -> bytes:
    sealing = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    sealing.authenticate_additional_data(context)
    return sealing.update(text) + sealing.finalize() + sealing.tag


def _open_sm4(key: bytes, nonce: bytes, text: bytes, context: bytes) -> bytes:
    opening = Cipher(algorithms.SM4(key), modes.GCM(nonce, text[-TAG_BYTES:])).decryptor()
    opening.authenticate_additional_data(context)
    return opening.update(text[:-TAG_BYTES]) + opening.finalize()


SEAL: dict[str, Sealer] = {"aes": _seal_aes, "sm": _seal_sm4}
OPEN: dict[str, Sealer] = {"aes": _open_aes, "sm": _open_sm4}
HASH: dict[str, Callable[[], hashes.HashAlgorithm]] = {"aes": hashes.SHA256, "sm": hashes.SM3}


@lru_cache(maxsize=2)
def _keyed(key: bytes, suite: Suite) -> hmac.HMAC:
    """Return the hash with this key, to be copied: making it takes longer than a digest."""
    return hmac.HMAC(key, HASH[suite]())


class Vault:
    """Holds the keys. The first key encrypts; the others still decrypt what was written with them."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}
        self._digest_key = b""
        self._suite: Suite = "aes"

    def configure(self, keys: Mapping[str, bytes], digest_key: bytes, suite: Suite = "aes") -> None:
        """Set the keys; the first one encrypts. Raises ValueError for keys whose ciphertext could not be decrypted later."""
        if not keys or not digest_key:
            raise ValueError("encryption keys and the digest key are required")
        if suite not in SEAL:
            raise ValueError(f"the cipher suite is one of {', '.join(SEAL)}, not {suite!r}")
        for name, key in keys.items():
            if not name or "." in name:
                raise ValueError(f"the name of an encryption key is not empty and has no full stop: {name!r}")
            if len(key) < KEY_BYTES["aes"]:
                raise ValueError(f"encryption key {name!r} must have {KEY_BYTES['aes']} bytes")
        self._keys, self._digest_key, self._suite = dict(keys), digest_key, suite

    def seal(self, text: str, context: str) -> str:
        """Return the ciphertext, with the names of its suite and key. It can be decrypted with the same `context` only."""
        name = next(iter(self._keys))
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = SEAL[self._suite](self._key(name, self._suite), nonce, text.encode(), context.encode())
        return f"{self._suite}.{name}.{base64.b64encode(nonce + sealed).decode()}"

    @property
    def writes_with(self) -> str:
        """Return the prefix of everything that is encrypted now: the suite and the key's name."""
        return f"{self._suite}.{next(iter(self._keys))}."

    def open(self, sealed: str, context: str) -> str:
        """Return the plain text. Raises KeyError when the key is missing, InvalidTag when text or context was changed."""
        suite, name, body = sealed.split(".", 2)
        raw = base64.b64decode(body)
        nonce, text = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
        return OPEN[suite](self._key(name, suite), nonce, text, context.encode()).decode()

    def digest(self, text: str) -> str:
        """Return the keyed hash for exact search, as 64 hexadecimal digits."""
        keyed = _keyed(self._digest_key, self._suite).copy()
        keyed.update(text.encode())
        return keyed.finalize().hex()

    def _key(self, name: str, suite: str) -> bytes:
        return self._keys[name][: KEY_BYTES[suite]]


vault = Vault()


class Encrypted(TypeDecorator[str]):
    """A text column that is encrypted in the database; `context` binds the ciphertext to its table and column."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault.seal(value, self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault.open(value, self.context)


class EncryptedJSON(TypeDecorator[dict[str, Any]]):
    """A column for a JSON object that is encrypted in the database."""

    impl = Text
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else vault.seal(json.dumps(value, ensure_ascii=False), self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else json.loads(vault.open(value, self.context))


def sealed_columns(tables: MetaData) -> Iterator[Column[Any]]:
    """Yield every column that is encrypted in the database."""
    for table in tables.sorted_tables:
        yield from (column for column in table.columns if isinstance(column.type, Encrypted | EncryptedJSON))
