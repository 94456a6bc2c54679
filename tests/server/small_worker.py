"""The server's worker with a disk that is soon full."""

import resource

from server.buffering_worker import BufferingWorker

LONGEST_FILE = 1_000_000
MOST_STORED = 700_000


class SmallWorker(BufferingWorker):
    """A worker that stores little."""

    most_stored = MOST_STORED

    def init_process(self) -> None:
        """Begin to serve. The system lets no file become longer: a write takes a part, the next one fails, as on a full disk."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (LONGEST_FILE, LONGEST_FILE))
        super().init_process()
