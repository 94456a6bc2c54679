"""The error of the confined process for a file that is refused."""


class FaultError(Exception):
    """The file is refused or cannot be shown. The arguments are a value of errors.Fault and its details."""
