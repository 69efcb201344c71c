"""The command `obs`: one function a command; results go to stdout, all else to stderr.

Exit status: 0 done, 1 failed, 2 usage, 3 not there. The modules here load nothing but click until a command runs.
"""

from __future__ import annotations

from obs_client.cli.about import completion, version
from obs_client.cli.checking import check
from obs_client.cli.containers import mb, rb
from obs_client.cli.copying import cp, mv
from obs_client.cli.group import obs
from obs_client.cli.listing import du, ls
from obs_client.cli.metadata import meta
from obs_client.cli.removing import cleanup, rm
from obs_client.cli.showing import cat, info
from obs_client.cli.signing import url
from obs_client.cli.syncing import sync
from obs_client.cli.testing import test
from obs_client.cli.transfers import get, put

__all__ = ["obs"]

for _command in (
    ls,
    du,
    info,
    cat,
    get,
    put,
    cp,
    mv,
    rm,
    mb,
    rb,
    meta,
    url,
    sync,
    check,
    cleanup,
    test,
    version,
    completion,
):
    obs.add_command(_command)
