#!/bin/bash
# obstore sends files to the server of AWS_ENDPOINT_URL_S3, although the program names another one.
#
# Library:   obstore 0.12.1 (object_store of Rust), Python 3.11, Debian 12.
# Guess:     what the program passes to S3Store counts; the environment fills in what it leaves out, as boto3 does it.
# Behaviour: the variables AWS_... are read as well, each as an argument of its own, and some win: AWS_ENDPOINT_URL_S3 over
#            `endpoint`; AWS_SESSION_TOKEN is sent with the program's own keys, to which it does not belong (the server
#            refuses them); AWS_SKIP_SIGNATURE=true leaves the signature out although keys are given.
# Known:     for the endpoint (developmentseed/obstore#753); object_store has the variable since arrow-rs-object-store#590 (2026).
# Cost:      on a host where another program is set up for AWS, papers go to another server, or every request is refused
#            with "wrong key" although the keys are right.
# Product:   sets `aws_endpoint_url_s3`, `skip_signature=False` and a `credential_provider`: they leave nothing to the
#            environment (uploads/s3_bucket.py).
# Output:    nothing set: own server, signed, no token
#            AWS_ENDPOINT_URL_S3: other server, signed, no token
#            AWS_SESSION_TOKEN: own server, signed, token of the environment
#            AWS_SKIP_SIGNATURE: own server, not signed, no token
#            all three, shut out: own server, signed, no token
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install obstore==0.12.1
NO_PROXY=127.0.0.1 "$room/venv/bin/python" - > "$room/seen" <<'P'
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import obstore
from obstore.store import S3Store

for name in [each for each in os.environ if each.startswith("AWS_")]:
    del os.environ[name]
got = []


class Server(BaseHTTPRequestHandler):
    """Takes everything, and notes how it came."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        got.append((self.server, self.headers))
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *given):
        pass


own, other = (ThreadingHTTPServer(("127.0.0.1", 0), Server) for _ in range(2))
for each in (own, other):
    threading.Thread(target=each.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{own.server_port}"
KEYS = {"access_key_id": "own", "secret_access_key": "own"}
GIVEN = {"region": "us-east-1", "client_options": {"allow_http": True}}
ENVIRONMENT = {
    "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{other.server_port}",
    "AWS_SESSION_TOKEN": "of-the-environment",
    "AWS_SKIP_SIGNATURE": "true",
}


def put(what, variables, **given):
    os.environ.update(variables)
    obstore.put(S3Store("papers", **GIVEN, **given), "x", b"content")
    for name in variables:
        del os.environ[name]
    server, headers = got.pop()
    print(
        f"{what}: {'own' if server is own else 'other'} server, {'signed' if headers['Authorization'] else 'not signed'},",
        "token of the environment" if headers["X-Amz-Security-Token"] else "no token",
    )


put("nothing set", {}, endpoint=address, **KEYS)
for name, value in ENVIRONMENT.items():
    put(name, {name: value}, endpoint=address, **KEYS)
put(
    "all three, shut out", ENVIRONMENT, aws_endpoint_url_s3=address, skip_signature=False,
    credential_provider=lambda: {**KEYS, "expires_at": None},
)
P
diff - "$room/seen" <<'SEEN'
nothing set: own server, signed, no token
AWS_ENDPOINT_URL_S3: other server, signed, no token
AWS_SESSION_TOKEN: own server, signed, token of the environment
AWS_SKIP_SIGNATURE: own server, not signed, no token
all three, shut out: own server, signed, no token
SEEN
echo 'as described'
