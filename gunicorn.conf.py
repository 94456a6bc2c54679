"""How the site is served, by `make run` and in production alike; gunicorn reads this file by itself."""

import contextlib
import gc
import importlib.util
import os
import signal
import sys
import threading
import time
from importlib.machinery import PathFinder

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
preload_app = True  # read and compiled once for all processes, which share it: half the memory, half the time to the first answer
timeout = 120  # a 20 MB attachment over a slow line is still a request
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True
os.environ.setdefault(
    "PYTZ_SKIPEXISTSCHECK", "1"
)  # pytz, of Flask-Babel, else opens the files of all its 600 zones


class Later:
    """Finds modules which libraries load and no page asks for: they are read when somebody does.

    Only what no thread of a page ever touches: before Python 3.13 two that do so at once can find it half read.
    """

    modules = frozenset(
        {"PIL.Image", "PIL.ImageOps", "limits.aio"}
        | {
            f"sqlalchemy.dialects.postgresql.{name}"
            for name in ("asyncpg", "pg8000", "psycopg2", "psycopg2cffi")
        }
    )

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name not in cls.modules or (spec := PathFinder.find_spec(name, path, target)) is None:
            return None
        spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


sys.meta_path.insert(0, Later)
gc.disable()  # hardly anything that loading makes is garbage, and all of it would be looked through again and again


def post_fork(server, worker):
    gc.enable()


def when_ready(server):
    gc.freeze()  # what every process shares is not written to by looking for garbage in it
    print(f"鄂尔多斯人事人才公共服务大厅 · http://{bind}/ · Ctrl-C 结束", flush=True)
    if os.environ.get("TALENT_WORKER") == "beside":
        listening = [each.fileno() for each in server.LISTENERS]
        threading.Thread(target=beside.run, args=(listening,), name="worker", daemon=True).start()


def on_exit(server):
    beside.end()


class Beside:
    """The worker, begun anew when it dies. `make run` wants it; production runs it as a service of its own."""

    seconds_until_again = 5
    seconds_to_end = 10

    def __init__(self):
        self.pid = None
        self.ending = threading.Event()

    def run(self, listening):
        command = [sys.executable, "-m", "flask", "--app", "app", "worker", "--beside", str(os.getpid())]
        while not self.ending.is_set():
            # Not by subprocess: it waits for a pipe to close, and a page's process that gunicorn forks meanwhile
            # holds that pipe for its whole life. A session of its own: Ctrl-C reaches the worker by on_exit,
            # once no page is being answered any more.
            # Nor does it hold the site's port: gunicorn hands its sockets on to whatever it starts.
            closed = [(os.POSIX_SPAWN_CLOSE, socket) for socket in listening]
            self.pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=closed, setsid=True)
            while self.lives() and not self.ending.wait(0.5):
                pass
            self.ending.wait(self.seconds_until_again)

    def lives(self):
        # Asked, not waited for: gunicorn collects every child that ends, and might be first.
        try:
            return os.waitpid(self.pid, os.WNOHANG)[0] == 0
        except ChildProcessError:
            return False

    def end(self):
        self.ending.set()
        if self.pid is None or not self.lives():
            return
        end = time.monotonic() + self.seconds_to_end
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
            while self.lives():
                if time.monotonic() > end:
                    os.kill(self.pid, signal.SIGKILL)
                time.sleep(0.05)


beside = Beside()
