"""Which places can follow what was typed: names of stores, containers, and names in them; quietly, and in time."""

from __future__ import annotations

import glob
import itertools
import logging
import threading
import warnings
from collections.abc import Iterator
from urllib.parse import unquote

import click
from click.shell_completion import CompletionItem

SECONDS = 2.0
"""How long a shell waits; what is not found by then is not completed."""

MOST = 200
"""Places shown at the most."""

_SCHEMES = ("azure://", "gs://", "s3://", "swift://")


def complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Paths of this machine, or names of stores; after a scheme containers, and names in them."""
    if "://" not in incomplete:
        if not incomplete or glob.glob(f"{glob.escape(incomplete)}*"):
            return [CompletionItem(incomplete, type="file")]
        return [CompletionItem(start) for start in _starts() if start.startswith(incomplete)]
    return [CompletionItem(url) for url in _in_time(incomplete)]


def _starts() -> list[str]:
    from obs_client.errors import ConfigurationError
    from obs_client.stores import read_stores

    try:
        named = [f"{name}://" for name in read_stores()]
    except ConfigurationError:
        named = []
    return [*_SCHEMES, *named]


def _in_time(incomplete: str) -> list[str]:
    """What is found within the time; nothing if anything goes wrong: a prompt is no place for errors."""
    found: list[str] = []

    def look() -> None:
        # Whatever it is: a shell that completes says nothing.
        try:
            found.extend(itertools.islice(_places(incomplete), MOST))
        except Exception:  # noqa: BLE001
            found.clear()

    logging.getLogger("obs_client").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        worker = threading.Thread(target=look, daemon=True)
        worker.start()
        worker.join(SECONDS)
    return list(found)


def _places(incomplete: str) -> Iterator[str]:
    """The URLs that go on from what was typed, one level of folders further."""
    import dataclasses

    from obs_client.cli.address import Address
    from obs_client.cli.written import url_of
    from obs_client.models import ClientOptions, SubdirInfo

    if "?" in incomplete:
        return
    start, _, end = incomplete.rpartition("/")
    typed = unquote(end)
    address = Address.parse(f"{start}/")
    options = dataclasses.replace(ClientOptions(), attempts=1)
    with address.url.client(options=options) as client:
        if address.container is None:
            for container in client.container_list(prefix=typed):
                yield url_of(address, "", container.name)
            return
        for entry in client.object_iter(prefix=address.name + typed, delimiter="/", container_name=address.container):
            yield url_of(address, entry.subdir if isinstance(entry, SubdirInfo) else entry.name)
