"""The command `obs`: one function a command; results go to stdout, all else to stderr.

Exit status: 0 done, 1 failed, 2 usage, 3 not there.
"""

from __future__ import annotations

from obs_client.cli.group import obs
from obs_client.cli.objects import cat, get, info, ls, put, rm
from obs_client.cli.testing import test

__all__ = ["obs"]

for _command in (ls, info, cat, get, put, rm, test):
    obs.add_command(_command)
