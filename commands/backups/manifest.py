"""The manifest of a backup: what belongs to it, with hashes, and the fingerprints of the keys. Never a key itself."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

import click

FORMAT = 1
MANIFEST, FILE_LIST, FILES_DIRECTORY, KEYS = "manifest.json", "files.sha256", "files", "keys.env"
FINGERPRINT_PURPOSE = b"talent backup fingerprint"


class BackupError(click.ClickException):
    """A backup or restore that cannot be done; the message says why and what to do, in both languages."""


@dataclass(frozen=True)
class Manifest:
    """One backup. `database` and `files` hold names, hashes and sizes; `keys` fingerprints; `missing` and `damaged` are
    names of files that the site itself no longer had, or had with another content than its rows say."""

    made_at: str
    database: Mapping[str, Any]
    files: Mapping[str, Any]
    keys: Mapping[str, Any]
    missing: list[str]
    damaged: list[str]

    def write(self, folder: Path) -> None:
        """Write the manifest with its own hash."""
        content = {"format": FORMAT, **asdict(self)}
        text = json.dumps({**content, "sha256": _digest(content)}, ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a backup. Raises BackupError when it is missing, damaged or of a newer format."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        given = content.pop("sha256")
    except FileNotFoundError as error:
        raise BackupError(
            f"{folder} 里没有 {MANIFEST}，不是完整的备份 / no {MANIFEST}: not a whole backup"
        ) from error
    except (ValueError, AttributeError, KeyError) as error:
        raise BackupError(
            f"{folder / MANIFEST} 已损坏 / is damaged; 请用另一份备份 / use another backup"
        ) from error
    if content.get("format") != FORMAT:
        raise BackupError(
            f"{folder / MANIFEST} 的格式是 {content.get('format')}，本程序只认识 {FORMAT} / is of another format: use newer code"
        )
    if given != _digest(content):
        raise BackupError(f"{folder / MANIFEST} 被改动过 / was changed; 请用另一份备份 / use another backup")
    del content["format"]
    return Manifest(**content)


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def listed_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the storage name and hash of each file of a backup, in the order of the names."""
    with (folder / FILE_LIST).open(encoding="utf-8") as lines:
        for line in lines:
            digest, _, path = line.rstrip("\n").partition("  ")
            yield path.removeprefix(f"{FILES_DIRECTORY}/"), digest


# --- keys


def fingerprints(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return fingerprints of the configured keys. A key cannot be found from its fingerprint: it has 32 random bytes."""
    return {
        "suite": config["CIPHER_SUITE"],
        "digest": _fingerprint(config["DIGEST_KEY"]),
        "encryption": {name: _fingerprint(key) for name, key in config["ENCRYPTION_KEYS"].items()},
    }


def _fingerprint(key: bytes) -> str:
    return hmac.digest(key, FINGERPRINT_PURPOSE, "sha256").hex()[:32]


def wrong_keys(manifest: Manifest, config: Mapping[str, Any]) -> list[str]:
    """Return the names of the settings that differ from those with which the backup was made."""
    ours = fingerprints(config)
    found = [
        f"TALENT_ENCRYPTION_KEYS（{name}）"
        for name, print_ in manifest.keys["encryption"].items()
        if ours["encryption"].get(name) != print_
    ]
    if ours["digest"] != manifest.keys["digest"]:
        found.append("TALENT_DIGEST_KEY")
    if ours["suite"] != manifest.keys["suite"]:
        found.append(f"TALENT_CIPHER_SUITE（{manifest.keys['suite']}）")
    return found
