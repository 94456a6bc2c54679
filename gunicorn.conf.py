"""How the site is served, by `make run` and in production alike; gunicorn reads this file by itself."""

import os
import signal
import subprocess
import sys
import threading
import time

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
timeout = 120  # a 20 MB attachment over a slow line is still a request
graceful_timeout = 10
loglevel = "warning"
control_socket_disable = True


def when_ready(server):
    print(f"鄂尔多斯人事人才公共服务大厅 · http://{bind}/ · Ctrl-C 结束", flush=True)
    if os.environ.get("TALENT_WORKER") == "beside":
        threading.Thread(target=beside.run, name="worker", daemon=True).start()


def on_exit(server):
    beside.end()


class Beside:
    """The worker, begun anew when it dies. `make run` wants it; production runs it as a service of its own."""

    seconds_until_again = 5
    seconds_to_end = 10

    def __init__(self):
        self.process = None
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            # A session of its own: Ctrl-C reaches it by on_exit, once no page is being answered any more.
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "flask", "--app", "app", "worker", "--beside", str(os.getpid())],
                start_new_session=True,
            )
            # Asked, not waited for: gunicorn collects every child that ends, and might be first.
            while self.process.poll() is None and not self.ending.wait(0.5):
                pass
            self.ending.wait(self.seconds_until_again)

    def end(self):
        self.ending.set()
        if self.process is None:
            return
        end = time.monotonic() + self.seconds_to_end
        self.process.send_signal(signal.SIGTERM)
        while self.process.poll() is None:
            if time.monotonic() > end:
                self.process.kill()
            time.sleep(0.05)


beside = Beside()
