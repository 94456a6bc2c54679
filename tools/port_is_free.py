"""Checks the port before the site starts. Exits with 1 and one line when it is taken."""

import os
import socket
import sys

port = int(os.environ["PORT"])
with socket.socket() as probe:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        sys.exit(f"端口 {port} 已被占用 · port {port} is taken: PORT={port + 1} make run")
