"""A program that uploads until a signal stops it, as `obs` does: SIGINT as Python has it, SIGTERM as an exception.

    python -m test.faults.endurance.stopping '{"kind": "s3", "options": …, "container": …, "size": …, "part_size": …}'

Prints `ready` when parts are on their way, and at the end what was raised, with its notes, and how often the stream was
read after the signal.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import Any

from obs_client import AzureClient, ClientOptions, GCSClient, LocalClient, ObjectStorageClient, S3Client, SwiftClient

_KINDS: dict[str, Any] = {
    "s3": S3Client,
    "swift": SwiftClient,
    "gcs": GCSClient,
    "azure": AzureClient,
    "local": LocalClient,
}


class Terminated(BaseException):
    """SIGTERM came."""


class Endless:
    """A stream that goes on, and says when parts of it must be on their way."""

    def __init__(self, after: int, pace: float) -> None:
        self._left = after
        self._pace = pace
        self.reads = 0

    def read(self, count: int) -> bytes:
        time.sleep(self._pace)
        self.reads += 1
        before, self._left = self._left, self._left - count
        if before > 0 >= self._left:
            print("ready", flush=True)
        return bytes(count)


def main(told: dict[str, Any]) -> None:
    """Upload until a signal comes."""
    stream: Any = Endless(3 * told["part_size"], told["pace"])
    reads: list[int] = []

    def stop(number: int, _frame: object) -> None:
        reads.append(stream.reads)
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)  # a shell lets what it starts in the background ignore it
    options = ClientOptions(part_size=told["part_size"], workers=2)
    client: ObjectStorageClient = _KINDS[told["kind"]](
        container_name=told["container"], options=options, **told["options"]
    )
    try:
        client.object_upload(stream, "stopped")
    except BaseException as error:  # noqa: BLE001 - it is told to the test
        said = {"error": type(error).__name__, "notes": getattr(error, "__notes__", [])}
        print(json.dumps({**said, "reads": stream.reads - reads[0]}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
