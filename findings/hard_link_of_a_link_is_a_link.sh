#!/bin/bash
# os.link(..., follow_symlinks=True) gives a second name to the symbolic link, not to the file it leads to.
#
# Software:  CPython 3.11.2 and 3.11.7 (3.12 and 3.13 do the same), Linux. No packages: the interpreter alone.
# Guess:     follow_symlinks=True, which is the default and can be written out, links the file that the symbolic link leads to, as the
#            manual of os says of every function with this argument; False links the symbolic link itself.
# Behaviour: both link the symbolic link. Python calls link(), and leaves to the system what happens to symbolic links: Linux does not
#            follow them. With a directory's descriptor, for whichever of the two names, Python calls linkat() and passes the wish on:
#            then the file is linked. pathlib's hardlink_to() has the default, and so the symbolic link.
# Cost:      a backup or a store that keeps a second name for each file keeps a link instead: when the first name is deleted the
#            content is gone, although the link count said two. /proc/self/fd/N, by which a file without a name (O_TMPFILE) gets one,
#            fails as a link to another file system (EXDEV).
# Way out:   os.link(source, name, dst_dir_fd=directory), or os.path.realpath() before.
# Output:    os.link: a symbolic link
#            os.link, follow_symlinks=True: a symbolic link
#            Path.hardlink_to: a symbolic link
#            os.link, dst_dir_fd: a file
set -euo pipefail
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
python3 - > seen <<'P'
import os
from pathlib import Path

Path("content").write_text("certificate")
os.symlink("content", "symbolic")
directory = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
os.link("symbolic", "1")
os.link("symbolic", "2", follow_symlinks=True)
Path("3").hardlink_to("symbolic")
os.link("symbolic", "4", dst_dir_fd=directory)
for name, call in {
    "1": "os.link",
    "2": "os.link, follow_symlinks=True",
    "3": "Path.hardlink_to",
    "4": "os.link, dst_dir_fd",
}.items():
    print(f"{call}: {'a symbolic link' if Path(name).is_symlink() else 'a file'}")
P
cat seen
diff seen - <<'T'
os.link: a symbolic link
os.link, follow_symlinks=True: a symbolic link
Path.hardlink_to: a symbolic link
os.link, dst_dir_fd: a file
T
