"""Where files are: a directory of this machine, or a bucket of an S3-compatible server (`TALENT_STORAGE_URL`).

Never accepts a key inside a URL, and never shows one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from uploads.local_disk import LocalDisk
from uploads.parts import LocalParts
from uploads.preview import PreviewCache
from uploads.storage import PartStore, Previews, Storage

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""What S3 allows as the name of a bucket."""

PREFIX = re.compile(r"[A-Za-z0-9._/-]*")

DEFAULT_REGION = "us-east-1"
"""What servers that know no regions, such as SeaweedFS and MinIO, expect in a signature."""


class InvalidLocation(ValueError):
    """The URL or one of the variables beside it cannot be used. The message says how to correct it, and shows no key."""


@dataclass(frozen=True)
class S3Location:
    """A bucket, the prefix of all keys in it, and how to reach it. `prefix` has no slash at either end."""

    bucket: str
    prefix: str
    endpoint: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    virtual_hosted: bool = False
    """The bucket is part of the host's name, which Alibaba Cloud and Tencent Cloud require."""
    ca_file: str = ""
    """A file with the certificates of a private authority, in addition to those of the system."""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def is_encrypted(self) -> bool:
        """Return whether the connection uses TLS."""
        return self.endpoint.startswith("https://") or not self.endpoint


Location = Path | S3Location


class FilePlaces(NamedTuple):
    """All that the site stores at one location."""

    files: Storage
    parts: PartStore
    previews: Previews


def configured_location(config: Mapping[str, Any]) -> Location:
    """Return the location that the site uses: TALENT_STORAGE_URL, else TALENT_ATTACHMENTS_DIR. Raises InvalidLocation."""
    return location_of(config.get("STORAGE_URL") or str(config["ATTACHMENTS_DIR"]), config.get("S3", {}))


def location_of(url: str, access: Mapping[str, str]) -> Location:
    """Return the location that a URL or a path names. `access` has the variables TALENT_S3_... without this beginning.

    Raises InvalidLocation.
    """
    if "://" not in url:
        return Path(url).absolute()
    split = _split(url)
    if split.username is not None or split.password is not None or split.query or split.fragment:
        raise InvalidLocation(
            "TALENT_STORAGE_URL is s3://bucket/prefix without keys: they go into TALENT_S3_ACCESS_KEY and TALENT_S3_SECRET_KEY."
        )
    if split.scheme == "file" and split.netloc in ("", "localhost") and split.path.startswith("/"):
        return Path(unquote(split.path))
    prefix = split.path.strip("/")
    if split.scheme != "s3" or not BUCKET.fullmatch(split.netloc) or not PREFIX.fullmatch(prefix):
        raise InvalidLocation(
            "TALENT_STORAGE_URL is s3://bucket/prefix, file:///directory or the path of a directory."
        )
    return _bucket(split.netloc, prefix, access)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise InvalidLocation("TALENT_STORAGE_URL is not a URL.") from None


def _bucket(bucket: str, prefix: str, access: Mapping[str, str]) -> S3Location:
    missing = [f"TALENT_S3_{name}" for name in ("ACCESS_KEY", "SECRET_KEY") if not access.get(name)]
    if missing:
        raise InvalidLocation(f"An s3:// storage needs {' and '.join(missing)}.")
    endpoint = access.get("ENDPOINT", "").rstrip("/")
    if endpoint:
        split = _split(endpoint)
        if (
            split.scheme not in ("http", "https")
            or not split.hostname
            or "@" in split.netloc
            or split.path
            or split.query
        ):
            raise InvalidLocation(
                "TALENT_S3_ENDPOINT is https://host or http://host:port, without keys and path."
            )
    return S3Location(
        bucket,
        prefix,
        endpoint,
        access.get("REGION") or DEFAULT_REGION,
        access["ACCESS_KEY"],
        access["SECRET_KEY"],
        access.get("VIRTUAL_HOSTED") == "yes",
        access.get("CA_FILE", ""),
    )


def places_at(location: Location) -> FilePlaces:
    """Return the stores at a location. Connects to nothing yet."""
    if isinstance(location, Path):
        return FilePlaces(
            LocalDisk(location), LocalParts(location / "parts"), PreviewCache(location / "previews")
        )
    from uploads.s3_storage import s3_places

    return s3_places(location)
