"""A program that uploads until a signal stops it, as `obs` does: SIGINT as Python has it, SIGTERM as an exception.

    python -m test.faults.endurance.stopping '{"kind": "s3", "options": …, "container": …, "size": …, "part_size": …}'

Prints `ready` when parts are on their way, and at the end what was raised, with its notes.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import Any

from obs_client import ClientOptions, LocalClient, ObjectStorageClient, S3Client, SwiftClient


class Terminated(BaseException):
    """SIGTERM came."""


class Endless:
    """A stream that goes on, and says when parts of it must be on their way."""

    def __init__(self, after: int, pace: float) -> None:
        self._left = after
        self._pace = pace

    def read(self, count: int) -> bytes:
        time.sleep(self._pace)
        before, self._left = self._left, self._left - count
        if before > 0 >= self._left:
            print("ready", flush=True)
        return bytes(count)


def _terminate(_number: int, _frame: object) -> None:
    raise Terminated


def main(told: dict[str, Any]) -> None:
    """Upload until a signal comes."""
    signal.signal(signal.SIGTERM, _terminate)
    # A shell lets what it starts in the background ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kind: Any = {"s3": S3Client, "swift": SwiftClient, "local": LocalClient}[told["kind"]]
    options = ClientOptions(part_size=told["part_size"], workers=2)
    client: ObjectStorageClient = kind(container_name=told["container"], options=options, **told["options"])
    stream: Any = Endless(3 * told["part_size"], told["pace"])
    try:
        client.object_upload(stream, "stopped")
    except BaseException as error:  # noqa: BLE001 - it is told to the test
        print(json.dumps({"error": type(error).__name__, "notes": getattr(error, "__notes__", [])}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
