"""Opens uploaded pictures, PDF and Office files, each in a process of its own. A separate program; see decoder_process.py.

The site never imports it, and it imports of the site only what imports nothing else of it: uploads/confined/ and a few modules
beside it. This process loads the libraries and never opens a file: for each file it forks a child, which cannot read secrets and
other files, cannot write files and has limited time and memory. A file that crashes it, hangs it or exhausts it ends only that child.

Standard input is a socket. A message is JSON, `[seconds, task, start, size, details...]`, with two descriptors: a file, whose
content lies at `start`, and a pipe. Without descriptors it only loads what the task needs. Into the pipe the child writes a line
feed as soon as it has begun, then the length of the rest in decimal and a line feed, then one line of JSON, a result or
`{"fault": ...}`, then the picture or the cells.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from typing import Any

# Last, so that no library imports a module of the site instead of its own.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 - pathlib takes 10 ms to load

from uploads.confined import landlock
from uploads.confined.tasks import TASKS, run_task

LIBRARIES = ("/usr", "/lib", "/lib64", *sys.path[:-1], f"{sys.path[-1]}/uploads")
"""The folders that a file's process may read: Python, the libraries, and the fonts that a PDF names but does not contain."""

CPU_SECONDS = 10
"""The slowest real file, a scan of 100 million pixels, takes 3."""

MEMORY_BYTES = 1536 * 1024 * 1024
"""While a picture is scaled down, it is in memory twice, in four channels."""

IDLE_SECONDS = 300
"""Without a file for this time the process ends, and the next file starts another."""

MESSAGE_BYTES = 4096

Children = dict[int, float]
"""The process ids of the children, and when each is killed."""


def serve(requests: socket.socket) -> None:
    """Fork a child for each message until the site closes its end, or no file comes any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            number, signal.SIG_IGN
        )  # the site answers before it ends, and its end ends this process
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as order:  # noqa: PTH123
        order.write("1000")  # when memory runs out, the system ends these processes first, not the database
    ruleset = landlock.ruleset_of(LIBRARIES)
    children: Children = {}
    while True:
        _reap(children)
        pause = min(children.values()) - time.monotonic() if children else IDLE_SECONDS
        if select.select([requests], [], [], max(pause, 0))[0]:
            if not _fork(requests, children, ruleset):
                break
        elif not children:
            break
    requests.close()
    while children:
        time.sleep(0.05)
        _reap(children)


def _reap(children: Children) -> None:
    """Forget the children that have ended, and kill those that take too long."""
    for child, deadline in list(children.items()):
        is_late = time.monotonic() > deadline
        if is_late:
            os.kill(child, signal.SIGKILL)
        if os.waitpid(child, 0 if is_late else os.WNOHANG)[0]:
            del children[child]


def _fork(requests: socket.socket, children: Children, ruleset: int | None) -> bool:
    """Take a message and fork its child; return False when the site has ended."""
    message, descriptors, _, _ = socket.recv_fds(requests, MESSAGE_BYTES, 2)
    if not message:
        return False
    seconds, task, *arguments = json.loads(message)
    for module in TASKS[task].modules:
        importlib.import_module(module)
    if not descriptors:  # only to be ready for the file that is on its way
        return True
    gc.freeze()  # the collector of a child does not write to memory that all share
    child = os.fork()
    if not child:
        _run_child(descriptors, ruleset, task, arguments)
    children[child] = time.monotonic() + seconds
    for descriptor in descriptors:
        os.close(descriptor)
    return True


def _run_child(descriptors: list[int], ruleset: int | None, task: str, arguments: list[Any]) -> None:
    """Run the task on standard input, write to standard output, and end. Reaches neither the socket nor another file."""
    try:
        file, answer = descriptors
        # Opened again: the site's own descriptor may write, and both would move one position.
        reader = os.open(f"/proc/self/fd/{file}", os.O_RDONLY)
        for number, descriptor in enumerate((reader, answer, os.open(os.devnull, os.O_WRONLY))):
            os.dup2(descriptor, number)
        if ruleset is not None:
            landlock.restrict_this_process(ruleset)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        _limit_this_process()
        os.write(1, b"\n")
        found, content = run_task(task, *arguments)
        written = json.dumps(found).encode() + b"\n" + content
        with open(1, "wb") as out:
            out.write(b"%d\n" % len(written))
            out.write(written)
    finally:
        os._exit(0)  # skips the exit handlers of libraries, which the file may have corrupted


def _limit_this_process() -> None:
    """Limit CPU time and memory, and forbid writing files and starting processes."""
    for kind, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
