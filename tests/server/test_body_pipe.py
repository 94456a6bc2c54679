"""A body reaches its file whole, whatever the file can do."""

import errno
import resource
import socket
from pathlib import Path

import pytest

from server.body_pipe import BodyPipe

BODY = bytes(range(256)) * 2_000


def received(pipe: BodyPipe, path: Path, mode: str) -> bytes:
    """Return what is in a file that a body was received into by steps of uneven size."""
    theirs, ours = socket.socketpair()
    ours.setblocking(False)
    with theirs, ours, path.open(mode, buffering=0) as file:
        with pytest.raises(BlockingIOError):
            pipe.fill(ours.fileno(), 10)
        for start in range(0, len(BODY), 50_001):
            theirs.sendall(piece := BODY[start : start + 50_001])
            missing = len(piece)
            while missing:
                count = pipe.fill(ours.fileno(), min(missing, 33_333))
                pipe.empty(file.fileno(), count)
                missing -= count
        theirs.close()
        assert pipe.fill(ours.fileno(), 10) == 0
    return path.read_bytes()


@pytest.mark.parametrize(
    "mode", ["wb", "ab"]
)  # a file that is appended to takes no splice: EINVAL, as from some file systems
def test_a_body_is_moved_into_its_file(mode: str, tmp_path: Path) -> None:
    assert received(BodyPipe(), tmp_path / "body", mode) == BODY


def test_after_a_full_disk_the_next_body_is_not_mixed_with_the_rest_of_the_last(tmp_path: Path) -> None:
    pipe = BodyPipe()
    theirs, ours = socket.socketpair()
    with theirs, ours, Path("/dev/full").open("wb", buffering=0) as full:
        theirs.sendall(b"what has no room")
        count = pipe.fill(ours.fileno(), 100)
        with pytest.raises(OSError, match="No space"):
            pipe.empty(full.fileno(), count)

    assert received(pipe, tmp_path / "body", "wb") == BODY


@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_a_body_of_which_only_a_part_has_room_is_refused_at_once(mode: str, tmp_path: Path) -> None:
    theirs, ours = socket.socketpair()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with theirs, ours, (tmp_path / "body").open(mode, buffering=0) as file:
        theirs.sendall(b"a body that is longer than its room")
        count = (pipe := BodyPipe()).fill(ours.fileno(), 100)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        try:
            with pytest.raises(OSError) as refusal:  # noqa: PT011 - its number follows
                pipe.empty(file.fileno(), count)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert refusal.value.errno == errno.EFBIG
