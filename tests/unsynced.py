"""No forced writes to the disk: files of a test need not survive a power cut, and waiting for the disk is a fifth of a
small run's time. A process that is killed loses nothing by it."""

import os


def install() -> None:
    """Force nothing from now on, in this process and those that it forks."""
    os.fsync = lambda _: None
