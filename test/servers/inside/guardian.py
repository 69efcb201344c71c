"""The process between a test run and a server: it starts the server, watches both, and cleans up.

It reads one line of JSON that says what to start. It writes one line with the folder it made, then one with what the
server is reached by, or with why it failed. Then it waits for the end of its standard input.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from ..errors import ServerError, tail
from ..scratch import Scratch
from .azurite import start_azurite
from .children import Children, ParentGoneError
from .fake_gcs import start_fake_gcs
from .google.start import start_google
from .keystone.start import start_keystone
from .lean import start_rclone, start_s3rver
from .moto import start_moto
from .radosgw import start_radosgw
from .seaweedfs import start_seaweedfs
from .swift.start import start_swift

STARTERS: Mapping[str, Callable[[Children, Mapping[str, Any]], dict[str, Any]]] = {
    "swift": start_swift,
    "keystone": start_keystone,
    "seaweedfs": start_seaweedfs,
    "moto": start_moto,
    "radosgw": start_radosgw,
    "rclone": start_rclone,
    "s3rver": start_s3rver,
    "azurite": start_azurite,
    "google": start_google,
    "fake-gcs-server": start_fake_gcs,
}


def main() -> None:
    """Serve one test run."""
    signal.signal(signal.SIGTERM, _leave)
    line = sys.stdin.readline()
    if not line:
        return
    request = json.loads(line)
    try:
        scratch = Scratch(Path(request["scratch"]) if request["scratch"] else None)
    except (ServerError, OSError) as error:
        _report(failed=f"no folder for the server's data: {error}")
        return
    try:
        _serve(scratch, request)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        scratch.remove()


def _serve(scratch: Scratch, request: Mapping[str, Any]) -> None:
    children = Children(scratch)
    try:
        _report(directory=str(scratch.path))
        _report(ready=STARTERS[request["kind"]](children, request))
        children.watch()
    except ParentGoneError:
        pass
    except (ServerError, OSError) as error:
        _report(failed=f"{request['kind']}: {error}\n{_log_tail(scratch)}")
    finally:
        children.stop()


def _report(**what: Any) -> None:
    with suppress(BrokenPipeError):  # the end of standard input tells the same
        os.write(1, json.dumps(what).encode() + b"\n")


def _log_tail(scratch: Scratch) -> str:
    if not scratch.log.exists():
        return ""
    return tail(scratch.log.read_bytes()[-20000:].decode(errors="replace"))


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(1)


if __name__ == "__main__":
    main()
