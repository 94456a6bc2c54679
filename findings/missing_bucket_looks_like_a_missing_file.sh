#!/bin/bash
# Where the whole bucket is missing, obstore says of each file that the file is missing.
#
# Library:   obstore 0.12.1 (object_store of Rust), Python 3.11, Debian 12.
# Guess:     FileNotFoundError means that this object does not exist. A wrong name of the bucket, or a proxy that answers in the
#            store's place, is another error, as in boto3 (NoSuchBucket, 404).
# Behaviour: every 404 is FileNotFoundError, whatever its body says: for get, head and also for put. Only list raises GenericError.
#            The code (NoSuchBucket, NoSuchKey) stands in the text of get and put; for head there is no body, so nothing tells.
# Cost:      after a typing error in the bucket's name, or behind a proxy that answers 404, an application that takes
#            FileNotFoundError at its word tells people that their papers are gone, or deletes the rows.
# Product:   believes only the code NoSuchKey, and takes any other 404 as "storage does not answer" (uploads/s3_bucket.py).
# Output:    get FileNotFoundError NoSuchBucket
#            head FileNotFoundError -
#            put FileNotFoundError NoSuchBucket
#            list GenericError NoSuchBucket
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" --quiet --disable-pip-version-check install obstore==0.12.1
NO_PROXY=127.0.0.1 "$room/venv/bin/python" - > "$room/seen" <<'P'
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import obstore
from obstore.store import S3Store

ANSWER = b"<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>"


class NoBucket(BaseHTTPRequestHandler):
    """Answers as an S3 server that has no such bucket."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(404)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(ANSWER)

    do_GET = do_HEAD = do_PUT = answer

    def log_message(self, *given):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), NoBucket)
threading.Thread(target=server.serve_forever, daemon=True).start()
store = S3Store(
    "papres", endpoint=f"http://127.0.0.1:{server.server_port}", region="us-east-1", access_key_id="a",
    secret_access_key="b", client_options={"allow_http": True},
)
for name, ask in (
    ("get", lambda: obstore.get(store, "x")),
    ("head", lambda: obstore.head(store, "x")),
    ("put", lambda: obstore.put(store, "x", b"content")),
    ("list", lambda: obstore.list(store).collect()),
):
    try:
        ask()
    except Exception as error:
        code = re.search("<Code>(.*?)</Code>", str(error))
        print(name, type(error).__name__, code[1] if code else "-")
P
diff - "$room/seen" <<'SEEN'
get FileNotFoundError NoSuchBucket
head FileNotFoundError -
put FileNotFoundError NoSuchBucket
list GenericError NoSuchBucket
SEEN
echo 'as described'
