"""The command `probe`."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere, without_secrets
from obs_client.cli.options import json_lines, pass_settings, place, shared
from obs_client.cli.settings import Settings
from obs_client.cli.stopping import patient
from obs_client.cli.text import count_text, duration, printable

if TYPE_CHECKING:
    from obs_client.probing import Finding, StoreProfile

_LONG_WORD = r"\S{81,}"
"""A name that was tried for its length: only its beginning is read."""

GRACE = 30.0
"""Seconds after Ctrl-C in which what the probe made is removed."""


@click.command()
@place("url")
@click.option("--within", type=duration, metavar="TIME", default="60s", show_default=True, help="How long it may take.")
@json_lines
@shared
@pass_settings
def probe(settings: Settings, url: str, within: int) -> None:
    """Measure what a store can do.

    It prints what it finds, and the options to set. It tries addressing, digests, conditions, listings, ranges, copies,
    signed URLs, metadata, names and more, below a random prefix of its own in the container (and prefix) of the URL,
    and leaves nothing there. Each finding holds, does not hold, or cannot be told, with the reason.

    With --json the result is a profile, to be kept in a file: store_profile=path/to/it.json in a URL sets its options.
    """
    from obs_client import probing as library

    address = Address.parse(url)
    container = address.container_name()
    if address.path and address.name:
        raise _no_place(address)
    settings.go_on = "what the probe had made is removed"
    with patient(GRACE), address.client() as client:
        profile = library.probe(
            client,
            container,
            prefix=address.under if address.name else "",
            bounds=library.Bounds(seconds=within),
            verify=_verify(address),
            another=lambda **options: _another(address, options),
            on_finding=None if settings.json else _teller(settings),
        )
    profile = dataclasses.replace(profile, options={**_given(address), **profile.options})
    settings.result(profile.to_record(), _summary(profile))
    if profile.findings[-1].outcome is not obs_client.Outcome.HOLDS:
        raise Failure(f"the probe could not remove everything: {profile.findings[-1].detail}")


def _no_place(address: Address) -> Exception:
    """What is wrong with a path that is not that of a directory."""
    if os.path.lexists(address.path or ""):
        return click.UsageError(printable(f"{address.text} is not a directory"))
    return NotThere(f"there is no container {address.text!r}", "obs mb creates a container")


def _verify(address: Address) -> bool | str:
    verify = address.url.options.get("verify", True)
    return verify if isinstance(verify, bool | str) else True


def _another(address: Address, options: dict[str, bool | str]) -> obs_client.ObjectStorageClient:
    return dataclasses.replace(address.url, options={**address.url.options, **options}).client()


def _given(address: Address) -> dict[str, bool | int | float | str]:
    """The options of the URL itself, with which all was found."""
    return {name: value for name, value in address.url.options.items() if isinstance(value, bool | int | float | str)}


def _teller(settings: Settings) -> Callable[[Finding], None]:
    """Shows findings as they come, below their topics."""
    topics: list[str] = []

    def tell(finding: Finding) -> None:
        if topics[-1:] != [finding.topic]:
            topics.append(finding.topic)
            settings.found({}, printable(finding.topic))
        detail = f" ({finding.detail})" if finding.detail else ""
        text = printable(without_secrets(f"  {finding.outcome:14}  {finding.name}{detail}"))
        settings.found({}, re.sub(_LONG_WORD, _shortened, text))

    return tell


def _shortened(word: re.Match[str]) -> str:
    return f"{word[0][:40]}... ({len(word[0])} characters)"


def _summary(profile: StoreProfile) -> str:
    outcomes = [finding.outcome for finding in profile.findings]
    counts = ", ".join(f"{outcomes.count(each):,} {each}" for each in obs_client.Outcome)
    options = {
        name: str(value).lower() if isinstance(value, bool) else value for name, value in profile.options.items()
    }
    wanted = f"\noptions to set: ?{urlencode(options, safe=':/')}" if options else ""
    return f"{count_text(len(outcomes), 'finding')}: {counts}{wanted}"
