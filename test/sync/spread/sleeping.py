"""Places of which one takes its time, for workers in other processes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from obs_client import LocalClient
from obs_client.sync import Place
from obs_client.wrappers import prefixed
from test.sync.support import Thing, fill


class Sleeping(LocalClient):
    """A store in which one object takes a minute to be written."""

    def _object_write(self, *arguments: Any) -> Any:
        if arguments[0].name.endswith("slow"):
            time.sleep(60)
        return super()._object_write(*arguments)


def places(path: Path, names: list[str]) -> tuple[Place, Place]:
    for each in ("one", "two"):
        (path / each).mkdir(exist_ok=True)
        LocalClient(path / each).container_create("box")
    source, target = (
        Place(prefixed(client, "p"), "box") for client in (LocalClient(path / "one"), Sleeping(path / "two"))
    )
    fill(source, {name: Thing(b"x", {}) for name in names})
    return source, target
