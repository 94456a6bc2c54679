"""How a part of the confined process says that a file cannot be taken."""


class FaultError(Exception):
    """The file cannot be taken or shown; the first argument is a word of errors.Fault, the second its details."""
