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


def check_commands(store: str, tmp_path: Path) -> None:
    """The commands that every store has."""
    container = f"{store}commands"
    (tmp_path / "text.txt").write_text("text")
    failed(3, "ls", container)
    done("mb", container)
    assert "commands" in done("ls", store).split()
    done("put", tmp_path / "text.txt", f"{container}/a/", "-m", "who=me")
    done("put", "-", f"{container}/ü b?".replace("?", "%3F"), stdin=b"pipe")
    assert done("ls", container).split("\n") == ["a/", "ü b?", ""]
    assert done("ls", "-r", f"{container}/a").split() == ["a/text.txt"]
    assert done("cat", f"{container}/a/text.txt", "--start", "1") == "ext"
    assert done("meta", "show", f"{container}/a/text.txt") == "who=me\n"
    done("cp", f"{container}/a/text.txt", f"{container}/b/")
    done("mv", f"{container}/b/text.txt", f"{container}/c")
    assert lines("info", f"{container}/c")[0]["metadata"] == {"who": "me"}
    assert lines("info", "--all", f"{container}/c")[0]["headers"]
    assert "\nheader " in done("info", "--all", f"{container}/c")
    assert lines("du", container)[-1] == {"type": "sum", "folder": "", "size": 12, "count": 3}
    failed(1, "rb", container)
    done("rm", "-r", "--yes", f"{container}/a")
    done("rb", "--force", "--yes", container)
    failed(3, "ls", container)
