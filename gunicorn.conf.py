"""How the site is served, by `make run` and in production alike; gunicorn reads this file by itself."""

import os

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
