"""The option `--resume` of the commands that move one object."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from obs_client.cli.failures import without_query_secrets

Function = TypeVar("Function", bound=Callable[..., Any])

_LOGIN = r"://[^/?#\s@]*:[^/?#\s@]*@"

LARGE = 1024**3
"""Bytes from which on a transfer is gone on with unasked."""


def resume_option(function: Function) -> Function:
    """Add `--resume` and `--no-resume`."""
    return click.option(
        "--resume/--no-resume",
        default=None,
        help="Go on where an earlier run of this command died; by itself from 1 GiB on.",
    )(function)


@contextlib.contextmanager
def resuming(asked: bool | None, *command: str) -> Iterator[bool]:
    """Within the block a transfer notes how to do it again; gives whether it is to go on with an earlier one.

    Args:
        asked: What was given as `--resume`.
        command: Its words, paths from the root.
    """
    from obs_client import transfers

    wanted = transfers.can_be_noted() if asked is None else asked
    with transfers.noting(*noted_command(*command), at_least=0 if asked else LARGE):
        yield wanted


def noted_command(*words: str) -> tuple[str, ...]:
    """The words of a command, to be noted; none, if there is a secret in them."""
    secret = any(without_query_secrets(word) != word or re.search(_LOGIN, word) for word in words)
    return () if secret else words


def absolute(path: str) -> str:
    """A path as it is found from any directory, and is taken for no option or URL."""
    return os.path.abspath(path)
