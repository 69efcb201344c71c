"""The command, run in this process."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from click.testing import CliRunner, Result

from obs_client.cli import obs


def file_url(directory: str | Path, name: str = "") -> str:
    """The storage URL of a directory, or of a name in it."""
    directory = Path(directory)
    prefix = f"&prefix={quote(name)}" if name else ""
    return f"file://{quote(str(directory.parent))}?container_name={quote(directory.name)}{prefix}"


def run(*arguments: str | Path, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(obs, [str(argument) for argument in arguments], input=stdin, prog_name="obs")


def done(*arguments: str | Path, stdin: bytes = b"") -> str:
    """Run what must succeed and say nothing on stderr; gives its stdout."""
    result = run(*arguments, stdin=stdin)
    assert (result.exit_code, result.stderr) == (0, ""), (arguments, result.output, result.exception)
    return result.stdout


def lines(*arguments: str | Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in done(*arguments, "--json").splitlines()]


def failed(status: int, *arguments: str | Path, stdin: bytes = b"") -> str:
    """Run what must fail with a status and one line; gives the line."""
    result = run(*arguments, stdin=stdin)
    assert (result.exit_code, result.stdout) == (status, ""), (arguments, result.output, result.exception)
    assert result.stderr.startswith("obs: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr
