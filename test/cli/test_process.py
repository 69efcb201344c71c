"""The command as a process of its own: pipes, signals, what it loads, and how soon it answers."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from obs_client.cli.stopping import GRACE
from test.cli.process import ENVIRONMENT, OBS, Deaf, shell, soon, started
from test.cli.running import file_url

#: What may be loaded by `obs --help` beside the standard library.
ALLOWED = {"click", "obs_client"}
IN_VAIN = {
    "boto3", "botocore", "concurrent.futures.thread", "difflib", "email", "http.client", "importlib.metadata", "json",
    "pathlib", "random", "requests", "rich", "secrets", "tempfile",
}  # fmt: skip
"""What takes milliseconds each, and a short command does not use."""


def leftovers(directory: Path) -> list[str]:
    return sorted(os.listdir(directory))


@pytest.mark.slow
def test_pipes_carry_the_bytes_both_ways(docs: Path) -> None:
    content = bytes(range(256)) * 5000
    (docs / "x").write_bytes(content)
    done = shell(f"obs cat x | gzip | obs put - '{file_url(docs, 'y.gz')}' && obs cat y.gz | gunzip", docs)
    assert (done.returncode, done.stdout, done.stderr) == (0, content, b"")


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_news(docs: Path) -> None:
    (docs / "x").write_bytes(bytes(5_000_000))
    for number in range(500):
        (docs / f"{number:200}").touch()
    for command in ("obs cat x | head -c 10 | wc -c", "obs ls -l . | head -n 1 | wc -l"):
        done = shell(command, docs)
        assert (done.returncode, done.stderr) == (141, b""), command
    assert shell("obs ls . >/dev/full", docs).returncode == 1
    for command in ("cat x", "ls .", "du .", "version"):
        closed = shell(f"obs {command} >&-", docs)
        assert (closed.returncode, closed.stderr) == (1, b"obs: stdout is closed\n"), command


@pytest.mark.slow
def test_results_go_to_stdout_without_bars(docs: Path) -> None:
    (docs / "x").write_bytes(bytes(100_000))
    for arguments in (("get", "x", "y"), ("put", "x", f"'{file_url(docs, 'z')}'"), ("cat", "x")):
        done = shell("obs " + " ".join(arguments), docs)
        assert (done.returncode, done.stderr) == (0, b""), arguments
    for line in shell("obs ls --json .", docs).stdout.splitlines():
        assert json.loads(line)["size"] == 100_000


def test_help_loads_neither_an_sdk_nor_rich() -> None:
    code = (
        "import sys; before = set(sys.modules); sys.argv = ['obs', '--help']; import obs_client.__main__ as command\n"
        "try: command.main()\n"
        "except SystemExit: pass\n"
        "print('LOADED', *{name.partition('.')[0] for name in set(sys.modules) - before})\n"
        "print('OURS', *sorted(name for name in sys.modules if name.startswith('obs_client')))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    loaded = set(next(line for line in done.stdout.splitlines() if line.startswith("LOADED")).split()[1:])
    assert {name for name in loaded if name not in sys.stdlib_module_names} <= ALLOWED
    assert not {"ssl", "http", "asyncio", "concurrent"} & loaded, sorted(loaded)
    ours = set(next(line for line in done.stdout.splitlines() if line.startswith("OURS")).split()[1:])
    assert {name for name in ours if ".cli" not in name} <= {"obs_client", "obs_client.__main__", "obs_client.errors"}


def test_a_command_loads_no_other() -> None:
    code = (
        "import sys; sys.argv = ['obs', 'cat', '--help']; import obs_client.__main__ as command\n"
        "try: command.main()\n"
        "except SystemExit: pass\n"
        "print('OURS', *(name for name in sys.modules if name.startswith('obs_client.cli.commands.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split()[1:] == ["obs_client.cli.commands.showing"]


def test_a_short_command_on_s3_loads_no_sdk_and_nothing_else_in_vain() -> None:
    code = (
        "import sys; sys.argv = ['obs', 'url', 'get', 's3://box/x?endpoint_url=http://127.0.0.1:1&region=any']\n"
        "import obs_client.__main__ as command\n"
        "try: command.main()\n"
        "except SystemExit: pass\n"
        "print('LOADED', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("http://127.0.0.1:1/box/x?X-Amz-Algorithm")
    assert not IN_VAIN & set(done.stdout.splitlines()[-1].split())


@pytest.mark.slow
def test_a_start_takes_little_more_than_that_of_click(docs: Path, tmp_path: Path) -> None:
    (docs / "x").write_text("content")
    environment = {**ENVIRONMENT, "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def seconds(*arguments: str | Path) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # Of the processor's time, and the best of several: it waits for nothing, but for its turn on a busy machine.
    command = ("-m", "obs_client")
    for most, arguments in ((1.6, (*command, "--help")), (2.8, (*command, "cat", docs / "x"))):
        assert any(seconds(*arguments) < most * seconds("-c", "import click") for _ in range(20)), arguments


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_upload_leaves_nothing(docs: Path, number: signal.Signals, status: int) -> None:
    (docs / "x").write_bytes(b"old")
    with started("put", "-", file_url(docs, "x")) as process:
        assert process.stdin
        process.stdin.write(bytes(50_000_000))
        assert_stops(process, number, status)
    assert leftovers(docs) == ["x"]
    assert (docs / "x").read_bytes() == b"old"


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_store_that_does_not_answer_is_left_in_time(
    deaf: Deaf, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(100_000_000)
    for arguments in (("ls", deaf.url), ("put", str(tmp_path / "big"), deaf.url)):
        with started(*arguments) as process, deaf.await_request():
            assert_stops(process, number, status)


@pytest.mark.slow
def test_a_stopped_sync_goes_on(docs: Path, tmp_path: Path) -> None:
    for number in range(1500):
        (docs / f"{number:04}").write_bytes(bytes(1000))
    target = tmp_path / "target"
    with started("sync", docs, target) as process:
        until = time.monotonic() + 120
        while not (target.is_dir() and os.listdir(target)) and time.monotonic() < until:
            time.sleep(0.01)
        assert_stops(process, signal.SIGINT, 130)
    assert 0 < len(os.listdir(target)) < 1500
    assert {path.stat().st_size for path in target.iterdir()} == {1000}, "no file is half-written, none is left over"
    with started("sync", docs, target) as process:
        output, _ = process.communicate(timeout=60)
    assert b"failed 0" in output
    assert leftovers(target) == leftovers(docs)


def assert_stops(
    process: subprocess.Popen[bytes], number: signal.Signals, status: int, bound: float | None = None
) -> None:
    assert process.poll() is None
    bound = bound or soon(40, GRACE)
    process.send_signal(number)
    assert process.wait(bound) == status
    assert process.stderr
    said = process.stderr.read().decode().strip()
    assert "stopped" in said
    assert said.count("\n") == 0


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.0, 0.005, 0.01, 0.02, 0.04])
def test_a_second_ctrl_c_ends_at_once(pause: float, deaf: Deaf) -> None:
    bound = soon(80)
    with started("ls", deaf.url, "--debug") as process, deaf.await_request():
        process.send_signal(signal.SIGINT)
        time.sleep(pause)  # the second comes while the first is seen to, or while Python ends
        process.send_signal(signal.SIGINT)
        assert process.wait(bound) == 130


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.0, 0.02])
def test_a_sigterm_that_comes_twice_is_one(pause: float, docs: Path) -> None:
    (docs / "x").write_bytes(b"old")
    bound = soon(40, GRACE)  # before: the two are one only if they come within a second
    with started("put", "-", file_url(docs, "x")) as process:
        assert process.stdin
        process.stdin.write(bytes(50_000_000))
        process.send_signal(signal.SIGTERM)
        time.sleep(pause)
        assert_stops(process, signal.SIGTERM, 143, bound)
    assert leftovers(docs) == ["x"]
    assert (docs / "x").read_bytes() == b"old"


@pytest.mark.slow
def test_timeout_leaves_nothing(docs: Path) -> None:
    (docs / "x").write_bytes(b"old")
    command = ["timeout", f"{soon(100, 2.0):.1f}", *OBS, "put", "-", file_url(docs, "x")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, bufsize=0, env=ENVIRONMENT) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(bytes(50_000_000))
        said = process.stderr.read()
    assert b"stopped; " in said
    assert leftovers(docs) == ["x"]


def test_an_ignored_ctrl_c_stays_ignored(docs: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with started("put", "-", file_url(docs, "x")) as process:
        assert process.stdin
        process.stdin.write(bytes(1_000_000))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert (docs / "x").stat().st_size == 1_000_000


def test_the_shell_is_told_what_may_come_next() -> None:
    environment = {**ENVIRONMENT, "_OBS_COMPLETE": "bash_complete", "COMP_WORDS": "obs c", "COMP_CWORD": "1"}
    done = subprocess.run(OBS, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"plain,{name}" for name in ("cat", "check", "cleanup", "completion", "cp")]


def test_no_secret_is_shown_whatever_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"s3://container/x?endpoint_url=http://127.0.0.1:{port}&region=any"
    with started("url", "get", url, "--debug") as process:
        output, errors = process.communicate(timeout=60)
    assert b"Signature=" in output
    assert b"canary-secret" not in output + errors
    assert b"canary" not in errors
    assert b"Signature=" not in errors


def test_warnings_are_lines_like_all_others() -> None:
    command = [*OBS, "url", "get", "s3://box/name?endpoint_url=https://127.0.0.1:1&region=any&verify=false"]
    said = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True, timeout=60)
    assert said.stderr.startswith("obs: verify=False: servers' certificates are not checked")
    assert len(said.stderr.splitlines()) == 1
    assert said.stdout.startswith("https://127.0.0.1:1/box/name?")


def test_an_interrupt_before_the_command_begins_is_no_traceback() -> None:
    code = (
        "import os, signal, obs_client.__main__ as program, obs_client.cli as cli;"
        "cli.obs = lambda **_: os.kill(os.getpid(), signal.SIGINT) or input();"
        "program.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    assert (done.returncode, done.stderr) == (130, b"")
