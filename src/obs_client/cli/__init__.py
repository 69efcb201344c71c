"""The command `obs`: one function a command (`commands/`), and here what they share.

Results go to stdout, all else to stderr. Exit status: 0 done, 1 failed, 2 usage, 3 not there. The modules here load
nothing but click until a command runs.
"""

from __future__ import annotations

from obs_client.cli.group import obs

__all__ = ["obs"]
