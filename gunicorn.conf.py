"""The configuration of gunicorn, for `make run` and production. gunicorn reads this file by default."""

import codecs
import contextlib
import ctypes
import gc
import os
import signal
import sys
import threading
import time
from pathlib import Path

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "server.buffering_worker.BufferingWorker"
threads = 4  # for pages; requests with long bodies have their own
preload_app = (
    True  # all processes share the loaded modules: half the memory, half the time to the first response
)
timeout = 120  # of the event loop: no client makes it wait
keepalive = 65  # seconds; idle connections cost no thread, and a form must not meet one that closes
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True
forwarded_allow_ips = ""
# By default gunicorn takes SCRIPT_NAME and X-Forwarded-Proto from any client of this host, and so from strangers behind a proxy that
# passes them on. Only TALENT_PROXIES says whose headers are trusted (app.py).
os.environ.setdefault(
    "PYTZ_SKIPEXISTSCHECK", "1"
)  # otherwise pytz, which Flask-Babel uses, opens the files of all its 600 zones
M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""The numbers of these options in glibc's malloc.h."""

LARGE_BYTES = 4 * 1024 * 1024
"""A login takes 19 MiB for its hash (accounts/passwords.py). From the heap, as the C library would take it the second time, they would
stay with each process."""


def keep_the_heap_small():
    """Let the threads of a process share one heap, and give large pieces back at once. The C library gives each thread its own heap,
    which holds 3 MiB more in each process; they need none, because the interpreter runs one of them at a time. Other C libraries
    have no such options."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_ARENA_MAX, 1)
        library.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


keep_the_heap_small()
for codec in (
    "idna",
    "unicode_escape",
):  # of hosts and of templates; loaded later, each process would have its own
    codecs.lookup(codec)
sys.modules["PIL"] = None
# Flask-Admin would load Pillow, if it can, for its picture fields. The site has none, and opens pictures only in the processes of
# uploads/decoder_process.py.
gc.disable()  # importing creates hardly any garbage, and the collector would scan all objects again and again


def on_starting(server):
    """Forget the measurements of the processes of the last run (operation/metrics.py)."""
    for file in Path(os.environ.get("TALENT_INSTANCE", "instance"), "metrics").glob("*.db"):
        file.unlink(missing_ok=True)


def post_fork(server, worker):
    gc.enable()


def when_ready(server):
    gc.freeze()  # the collector does not write to memory that the processes share
    print(f"鄂尔多斯人事人才公共服务大厅 · http://{bind}/ · Ctrl-C 结束", flush=True)
    if os.environ.get("TALENT_WORKER") == "beside":
        listening = [each.fileno() for each in server.LISTENERS]
        threading.Thread(target=worker_process.run, args=(listening,), name="worker", daemon=True).start()


def on_exit(server):
    worker_process.end()


class WorkerProcess:
    """The worker of `make run`, restarted when it dies. In production the worker is a separate service."""

    restart_seconds = 5
    shutdown_seconds = 10

    def __init__(self):
        self.pid = None
        self.ending = threading.Event()

    def run(self, listening):
        command = [sys.executable, "-m", "flask", "--app", "app", "worker", "--beside", str(os.getpid())]
        while not self.ending.is_set():
            # Not subprocess: it waits until a pipe is closed, and a process that gunicorn forks meanwhile keeps that pipe
            # open. `setsid`: at Ctrl-C the worker is ended by on_exit, after the last response.
            # The sockets are closed in the worker, which would otherwise keep the site's port open.
            closed = [(os.POSIX_SPAWN_CLOSE, socket) for socket in listening]
            self.pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=closed, setsid=True)
            while self.is_running() and not self.ending.wait(0.5):
                pass
            self.ending.wait(self.restart_seconds)

    def is_running(self):
        # WNOHANG and ChildProcessError: gunicorn also collects every child that ends, and may be first.
        try:
            return os.waitpid(self.pid, os.WNOHANG)[0] == 0
        except ChildProcessError:
            return False

    def end(self):
        self.ending.set()
        if self.pid is None or not self.is_running():
            return
        end = time.monotonic() + self.shutdown_seconds
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
            while self.is_running():
                if time.monotonic() > end:
                    os.kill(self.pid, signal.SIGKILL)
                time.sleep(0.05)


worker_process = WorkerProcess()
