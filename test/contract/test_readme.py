"""The README's examples do what they say."""

from __future__ import annotations

import ast
import dataclasses
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import obs_client
from obs_client import S3Client
from obs_client.client import ObjectStorageClient
from test.loopback.s3_double import CREDENTIALS, Failure, Ways, s3_double

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^(?P<code>\S.*?)\s+# (?P<value>b'.*'|\{.*\}|\[.*\]|None|True|False)(: .*)?$")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory in which a newcomer copies the examples: it has a store and a large file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "store").mkdir()
    (tmp_path / "movie.mkv").write_bytes(bytes(range(256)) * 150_000)
    return tmp_path


def test_every_example_runs_and_gives_what_its_comment_says(place: Path) -> None:
    names: dict[str, Any] = {"__name__": "readme"}
    output = io.StringIO()
    checked = 0
    blocks = [block for block in BLOCKS[:-2] if "opentelemetry" not in block]
    for statement in (statement for block in blocks for statement in _statements(block)):
        found = SHOWN.match(statement)
        if found:
            assert eval(found["code"], names) == eval(found["value"]), statement
            checked += 1
        else:
            with redirect_stdout(output):
                exec(compile(statement, "README.md", "exec"), names)
    assert checked == sum(bool(SHOWN.match(line)) for line in README.splitlines())
    assert checked >= 7
    assert "2026/cat.txt 4 text/plain\n" in output.getvalue()
    assert "[{'name': 'cat', 'size': '4'}]\n" in output.getvalue()
    assert "3 0 {}\n" in output.getvalue()
    assert (place / "copy.mkv").read_bytes() == (place / "movie.mkv").read_bytes()


def _statements(block: str) -> Iterator[str]:
    """The top-level statements of a block, each with the comment at its end."""
    lines: list[str] = []
    for line in block.splitlines():
        if lines and line and not line.startswith((" ", ")")):
            yield "\n".join(lines)
            lines = []
        if line:
            lines.append(line)
    yield "\n".join(lines)


class Tracer:
    """What the example uses of OpenTelemetry's tracer; as a span it keeps what it was told."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []

    def start_span(self, name: str, *, kind: object, attributes: dict[str, Any], start_time: int) -> Tracer:
        self.spans.append({"name": name, "kind": kind, "began": start_time, **attributes})
        return self

    def set_status(self, status: object, description: str | None) -> None:
        self.spans[-1] |= {"status": status, "why": description}

    def end(self, end_time: int) -> None:
        self.spans[-1]["seconds"] = (end_time - self.spans[-1]["began"]) / 1e9


def test_the_example_makes_spans_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the names of OpenTelemetry's API, which the tests do not install."""
    tracer = Tracer()
    trace = SimpleNamespace(
        get_tracer=lambda name: tracer,
        SpanKind=SimpleNamespace(CLIENT="client"),
        StatusCode=SimpleNamespace(ERROR="error"),
    )
    monkeypatch.setitem(sys.modules, "opentelemetry", cast("Any", SimpleNamespace(trace=trace)))
    (block,) = [block for block in BLOCKS if "opentelemetry" in block]
    names: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), names)
    busy = s3_double(Ways(failures=(Failure("PutObject", 503),)))
    options = dataclasses.replace(names["options"], first_pause=0.001)
    with busy as server, S3Client("box", endpoint_url=server.url, credentials=CREDENTIALS, options=options) as client:
        client.container_create("box")
        client.object_write("name", b"content")
    first, second = [span for span in tracer.spans if span["url.path"] == "/box/name"]
    assert (first["http.response.status_code"], first["status"]) == (503, "error")
    assert (second["http.response.status_code"], second["http.request.resend_count"]) == (200, 1)
    assert second["http.request.body.size"] == 7
    assert "status" not in second
    assert all(0.0 < span["seconds"] < 10.0 and span["kind"] == "client" for span in tracer.spans)


@pytest.mark.slow
def test_the_backend_of_the_readme_keeps_the_contract(place: Path) -> None:
    backend, tests = BLOCKS[-2:]
    (place / "mystore.py").write_text(backend)
    (place / "test_mystore.py").write_text(tests)
    command = [sys.executable, "-W", "error", "-m", "unittest", "test_mystore"]
    environment = {**os.environ, "TMPDIR": str(place)}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ran = re.search(r"^Ran (\d+) tests", done.stderr, re.MULTILINE)
    assert ran
    assert int(ran[1]) > 100


def test_the_backend_of_the_readme_comes_in_by_the_door_alone() -> None:
    imported = [node for node in ast.walk(ast.parse(BLOCKS[-2])) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [getattr(node, "module", None) or alias.name for node in imported for alias in node.names]
    assert [name for name in modules if name.startswith("obs_client")] == ["obs_client.backend"]
    assert {name.partition(".")[0] for name in modules} <= {"obs_client", *sys.stdlib_module_names}


def test_the_contract_names_every_public_method() -> None:
    methods = {name for name in vars(ObjectStorageClient) if not name.startswith("_")} - {"close"}
    for method in methods:
        assert f"`{method}" in README, method
    for name in obs_client.__all__:
        if name.endswith("Error"):
            assert name in README, name


def test_the_commands_of_the_readme_are_there() -> None:
    for command in ("test/demo", "test/run"):
        assert f"$ {command}\n" in README
        assert (ROOT / command).stat().st_mode & 0o111
    for option in re.findall(r"^\$ test/run (--\w+)", README, re.MULTILINE):
        assert f"\n    {option}) " in (ROOT / "test/run").read_text(encoding="utf-8")


def test_the_programs_of_the_readme_are_there() -> None:
    programs = set(re.findall(r"python -m (test[.\w]*)", README))
    assert {"test.tests", "test.servers", "test.faults", "test.swift.real_input", "test.sync.real_input"} <= programs
    for name in programs:
        path = ROOT / name.replace(".", "/")
        program = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert 'if __name__ == "__main__":' in program.read_text(encoding="utf-8"), name
