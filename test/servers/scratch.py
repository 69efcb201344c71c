"""The folder that holds all that one server writes."""

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from .errors import ServerError

PREFIX = "obs-client-servers-"
#: The file in the folder that lists what the server writes outside of it.
OUTSIDE = "outside"
#: A file system in memory is taken only with this many bytes free, so that large objects fit.
LEAST_FREE = 4 * 1024**3
#: Seconds after which a folder without an owner counts as left behind.
LEFT_BEHIND_AFTER = 60.0


class Scratch:
    """A new private folder, removed by `remove()`; its lock tells others that its owner is alive."""

    def __init__(self, parent: Path | None) -> None:
        self._parent = parent or _best_parent()
        _remove_left_behind(self._parent)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._parent))
        self._lock = (self.path / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        for name in ("tmp", "etc", "data"):
            (self.path / name).mkdir()

    @property
    def log(self) -> Path:
        """The file that everything of this server logs to."""
        return self.path / "log"

    def adopt(self, paths: list[Path]) -> None:
        """Remember files that the server makes elsewhere, to be removed with the folder."""
        with (self.path / OUTSIDE).open("a") as file:
            file.writelines(f"{path}\n" for path in paths)

    def remove(self) -> None:
        """Remove the folder with all that is in it, and the adopted files."""
        remove_folder(self.path)
        self._lock.close()


def remove_folder(folder: Path) -> None:
    """Remove a scratch folder and what it adopted; nothing is done when it is not there."""
    with suppress(FileNotFoundError):
        for path in (folder / OUTSIDE).read_text().splitlines():
            Path(path).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _best_parent() -> Path:
    memory, *others = [Path("/dev/shm"), Path(tempfile.gettempdir()), Path("/var/tmp")]
    if carries_attributes(memory) and shutil.disk_usage(memory).free >= LEAST_FREE:
        return memory
    for parent in others:
        if carries_attributes(parent):
            return parent
    raise ServerError(f"none of {[str(memory), *map(str, others)]} carries user extended attributes, which Swift needs")


def carries_attributes(folder: Path) -> bool:
    """Tell whether files in a folder can have user extended attributes."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            os.setxattr(file.name, "user.obs-client", b"1")
    except (OSError, AttributeError):  # AttributeError: a system whose Python has no setxattr
        return False
    return True


def _remove_left_behind(parent: Path) -> None:
    """Remove the folders of guardians that were killed together with their test runs."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # of somebody else, in use, or just removed by its owner
            if folder.stat().st_uid == os.getuid() and time.time() - folder.stat().st_mtime > LEFT_BEHIND_AFTER:
                _remove_unlocked(folder)


def _remove_unlocked(folder: Path) -> None:
    with (folder / "lock").open("a") as lock:
        _claim(lock)
        remove_folder(folder)


def _claim(lock: IO[str]) -> None:
    """Take the lock, or raise a BlockingIOError when the owner still has it."""
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
