"""Which library and which Python a process has: workers with others might understand a piece of work otherwise."""

from __future__ import annotations

import os
import platform
import socket
import sys
from typing import NamedTuple

from obs_client.errors import ConfigurationError


class Versions(NamedTuple):
    """What has to be the same everywhere; of Python the first two numbers."""

    library: str
    python: str

    def __str__(self) -> str:
        return f"obs_client {self.library} on Python {self.python}"


def versions() -> Versions:
    """Those of this process."""
    library = str(vars(sys.modules["obs_client"])["__version__"])
    return Versions(library, ".".join(platform.python_version_tuple()[:2]))


def check_versions(wanted: Versions) -> None:
    """Raise `ConfigurationError` if this process, a worker, has others than who gave it a piece of work."""
    if versions() != wanted:
        raise unequal(f"{socket.gethostname()}, process {os.getpid()},", versions(), wanted)


def unequal(worker: str, found: object, wanted: Versions) -> ConfigurationError:
    """The error of a worker that has something else."""
    return ConfigurationError(
        f"the worker {worker} has {found}, and this process has {wanted}", hint="install the same on both"
    )
