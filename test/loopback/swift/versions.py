"""What becomes of an object that is replaced or deleted: gone, or kept in another container."""

from __future__ import annotations

import time

from .place import Place
from .state import Account, Container, Stored


def replace(account: Account, place: Place, stored: Stored) -> None:
    """Let an object be seen; the one before it is kept where the container says so."""
    container = account.container(place.container)
    _keep(account, container, place.name)
    container.objects[place.name] = stored


def remove(account: Account, place: Place) -> None:
    """Delete an object; from a stack of versions the one before it comes back."""
    container = account.container(place.container)
    if "x-history-location" in container.headers:
        _keep(account, container, place.name)
    container.objects.pop(place.name, None)
    location = container.headers.get("x-versions-location")
    kept = account.containers.get(location) if location else None
    if kept is None:
        return
    names = sorted(name for name in kept.objects if name.startswith(_prefix(place.name)))
    if names:
        container.objects[place.name] = kept.objects.pop(names[-1])


def _keep(account: Account, container: Container, name: str) -> None:
    location = container.headers.get("x-versions-location") or container.headers.get("x-history-location")
    old = container.objects.get(name)
    if location and old is not None:
        account.container(location).objects[f"{_prefix(name)}{time.time():016.5f}"] = old


def _prefix(name: str) -> str:
    return f"{len(name):03x}{name}/"
