"""Start one server by hand: `python -m test.servers swift|keystone|seaweedfs|moto|radosgw|google|azurite`."""

import argparse
import json
import shlex
import signal
import sys
from dataclasses import fields
from pathlib import Path
from types import FrameType
from typing import Any

from .errors import ServerError
from .limits import SwiftLimits
from .running import (
    RunningServer,
    start_azurite,
    start_google,
    start_keystone,
    start_moto,
    start_radosgw,
    start_seaweedfs,
    start_swift,
)

KINDS = ("swift", "keystone", "seaweedfs", "moto", "radosgw", "google", "azurite")


def main() -> int:
    """Start the server, print what to export, and wait for Ctrl-C or SIGTERM."""
    arguments = _parse()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _start(arguments) as server:
            _print_exports(server)
            server.process.wait()
    except KeyboardInterrupt:
        return 0
    except ServerError as error:
        sys.stderr.write(f"{error}\n")
    return 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m test.servers", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    names = ", ".join(field.name for field in fields(SwiftLimits))
    parser.add_argument("--limit", action="append", default=[], metavar="NAME=VALUE", help=f"Swift only; {names}")
    parser.add_argument("--cache", type=Path, help="folder of the servers' virtual environment")
    parser.add_argument("--scratch", type=Path, help="folder to put the server's data in")
    arguments = parser.parse_args()
    if arguments.limit and arguments.kind not in ("swift", "keystone"):
        parser.error("--limit is for Swift only")
    arguments.limits = _limits(parser, arguments.limit)
    return arguments


def _limits(parser: argparse.ArgumentParser, settings: list[str]) -> SwiftLimits:
    values: dict[str, object] = dict(setting.partition("=")[::2] for setting in settings)
    try:
        return SwiftLimits.from_json({name: _value(str(value)) for name, value in values.items()})
    except (TypeError, ValueError) as error:
        parser.error(f"--limit: {error}")


def _value(text: str) -> object:
    """Read a number or a truth value; anything else is a list of words with commas between."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return text.split(",")
    return value


def _start(arguments: argparse.Namespace) -> RunningServer:
    places: dict[str, Any] = {"cache": arguments.cache, "scratch": arguments.scratch}
    if arguments.kind == "swift":
        return start_swift(arguments.limits, **places)
    if arguments.kind == "keystone":
        return start_keystone(arguments.limits, **places)
    if arguments.kind == "google":
        return start_google(scratch=arguments.scratch)
    if arguments.kind == "radosgw":
        return start_radosgw(**places)
    if arguments.kind == "azurite":
        return start_azurite(**places)
    return start_seaweedfs(**places) if arguments.kind == "seaweedfs" else start_moto(**places)


def _print_exports(server: RunningServer) -> None:
    lines = [f"export {name}={shlex.quote(value)}" for name, value in server.environment().items()]
    for name, account in server.accounts.items():
        lines.append(f"# {name}: {account.storage_url or server.endpoint_url}")
    lines.append(f"# data and log: {server.process.directory}")
    sys.stdout.write("\n".join([*lines, "# Ctrl-C stops the server", ""]))
    sys.stdout.flush()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
