"""Takes from a process the files and connections of its user, except the folders that it names (Landlock, Linux 5.13 and later).

The keys of the site, its database and other people's papers belong to the same user. Does not cover UDP and sockets with a path.
"""

import ctypes
import os
import struct
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Numbers of the system calls, the same for all processors. The C library has no functions for them (man 7 landlock)."""

GET_VERSION = 1
PATH_BENEATH = 1
PR_SET_NO_NEW_PRIVS = 38

ALL_OF_FILES = 0b1_1111_1111_1111
READ_FILE_AND_FOLDER = 0b1100
BIND_AND_CONNECT_TCP = 0b11
"""Since version 4."""

ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
"""Of processes without these rules. Since version 6."""

_system = ctypes.CDLL(None, use_errno=True)


def ruleset_of(folders: Iterable[str]) -> int | None:
    """Return the descriptor of rules that let a process read these folders alone; None when the system has no Landlock."""
    version = _system.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), GET_VERSION)
    if version < 1:
        return None
    handled = struct.pack(
        "QQQ",
        ALL_OF_FILES,
        BIND_AND_CONNECT_TCP if version >= 4 else 0,
        ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    ruleset: int = _checked(_system.syscall(CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0))
    for folder in folders:
        try:
            descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        except OSError:  # not on this system
            continue
        rule = struct.pack("=Qi", READ_FILE_AND_FOLDER, descriptor)
        _checked(_system.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0))
        os.close(descriptor)
    return ruleset


def restrict_this_process(ruleset: int) -> None:
    """Apply the rules, for ever. Descriptors that are open stay usable."""
    _checked(_system.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(_system.syscall(RESTRICT_SELF, ruleset, 0))


def _checked(returned: int) -> int:
    if returned < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return returned
