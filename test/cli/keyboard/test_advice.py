"""What is advised fits the reason, and is told once: rights, a full disk, what is absent, a store that is down."""

from __future__ import annotations

import shlex
import socket
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

import obs_client
from obs_client.cli.failures import NotThere
from obs_client.cli.many.reasons import advice
from obs_client.cli.settings import Settings
from obs_client.cli.several import each
from obs_client.sync import SyncOptions, check
from obs_client.sync.report import IN_A_ROW, IN_A_ROW_LATER, Streak
from test.cli.process import ENVIRONMENT, OBS
from test.cli.running import done, failed, run
from test.field.command.rights import as_granted
from test.servers import RunningServer

COUNT = 25


@pytest.fixture
def many(docs: Path) -> Path:
    """A directory of more names than are told of one by one, 8 KiB each."""
    for number in range(COUNT):
        (docs / f"n{number:02}").write_bytes(bytes(8192))
    return docs


@pytest.fixture
def nowhere(environment: pytest.MonkeyPatch) -> str:
    """A storage URL at whose address nothing listens."""
    environment.setenv("AWS_ACCESS_KEY_ID", "key")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    return f"s3://photos/?endpoint_url=http://127.0.0.1:{port}&region=any"


# ---- a full disk ----------------------------------------------------------------------------------------------------


def on_a_small_disk(line: str, here: Path) -> subprocess.CompletedProcess[str]:
    """Run a line where the directory `small` is a file system of 100 KiB; skips where none can be mounted."""
    (here / "small").mkdir(exist_ok=True)
    mount = "mount -t tmpfs -o size=100k none small"
    obs = " ".join(map(shlex.quote, OBS))
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*inside, mount], cwd=here, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    return subprocess.run(
        [*inside, f"{mount} && {line.replace('obs ', f'{obs} ')}"],
        cwd=here,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    ["obs get docs/* small/", "obs get -r docs small/", "obs cp -r docs small", "obs sync docs small"],
)
def test_where_a_disk_is_full_room_is_asked_for_once(many: Path, line: str) -> None:
    result = on_a_small_disk(line, many.parent)
    assert result.returncode == 1
    said = result.stderr.splitlines()
    assert result.stderr.count("make room on the file system, or raise the quota") == 1
    assert "make room" in said[-1]
    assert sum("No space left on device" in each for each in said) == 11
    assert said[-3].endswith("by reason:")
    assert len(said) == 13


def test_what_finds_no_room_stops_a_sync() -> None:
    streak = Streak()
    full = obs_client.ServiceError("no space", hint="make room")
    full.__cause__ = OSError(28, "No space left on device")
    for number in range(IN_A_ROW - 1):
        streak.add(str(number), full)
    with pytest.raises(obs_client.ServiceError, match=r"20 names in a row found no room.*'last': no space"):
        streak.add("last", full)


# ---- rights ---------------------------------------------------------------------------------------------------------


def test_who_may_only_read_is_told_of_rights_once(
    seaweedfs: RunningServer, environment: pytest.MonkeyPatch, many: Path
) -> None:
    for name, value in seaweedfs.environment().items():
        environment.setenv(name, value)
    done("mb", "s3://only-read")
    try:
        done("put", *sorted(many.iterdir()), "s3://only-read/")
        with environment.context() as reading:
            for name, value in seaweedfs.reader.s3_credentials.items():
                reading.setenv(name, value)
            _check_reader(many)
    finally:
        done("rb", "--force", "--yes", "s3://only-read")


def _check_reader(many: Path) -> None:
    lines: tuple[tuple[str | Path, ...], ...] = (
        ("put", *sorted(many.iterdir()), "s3://only-read/x/"),
        ("put", "-r", many, "s3://only-read/x/"),
        ("rm", "s3://only-read/*", "--yes"),
        ("cp", "s3://only-read/*", "s3://only-read/y/"),
        ("mv", "s3://only-read/*", "s3://only-read/y/"),
        ("sync", many, "s3://only-read/z"),
        ("rb", "--force", "--yes", "s3://only-read"),
    )
    for arguments in lines:
        result = run(*arguments)
        said = result.stderr.splitlines()
        assert (result.exit_code, result.stderr.count("their policy")) == (1, 1), result.stderr
        assert "their policy" in said[-1]
        assert len(said) <= 13
        assert "S3Error" not in result.stderr


@pytest.mark.parametrize(
    "line", ["sync docs copy", "cp -r docs copy", "get docs/* ./", "put docs/* file://{}?container_name=copy"]
)
def test_a_file_that_may_not_be_read_is_told_of_its_permissions(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    (tmp_path / "copy").mkdir()
    for path in many.iterdir():
        path.chmod(0)
    monkeypatch.chdir(tmp_path)
    with as_granted():
        result = run(*line.format(tmp_path).split())
    said = result.stderr.splitlines()
    assert (result.exit_code, len(said)) == (1, 13), result.stderr
    assert "ermissions" in said[-1]
    assert result.stderr.count("ermissions") == 1


@pytest.mark.parametrize(("allowed", "enough"), [(False, IN_A_ROW), (True, IN_A_ROW_LATER)])
def test_what_is_refused_for_all_stops_sooner_or_later(allowed: bool, enough: int) -> None:
    streak = Streak()
    if allowed:
        streak.add("first", None)
    refused = obs_client.AuthorizationError("not yours", hint="ask")
    for number in range(enough - 1):
        streak.add(str(number), refused)
    with pytest.raises(obs_client.AuthorizationError, match=f"{enough:,} names in a row were refused") as caught:
        streak.add("last", refused)
    assert str(caught.value).endswith("the last, 'last': not yours (ask)")
    assert ("none was allowed" in str(caught.value)) is not allowed
    assert str(caught.value).startswith(
        "1 name was done, then 1,000 names" if allowed else "20 names in a row were refused"
    )


def test_files_that_may_not_be_read_do_not_stop_so_soon() -> None:
    streak = Streak()
    refused = obs_client.AuthorizationError("not yours")
    refused.__cause__ = PermissionError(13, "Permission denied")
    for number in range(IN_A_ROW_LATER - 1):
        streak.add(str(number), refused)


class Refusing(obs_client.MemoryClient):
    """Lists, and lets nobody read."""

    def _object_open(self, *_: object) -> Iterator[bytes]:  # type: ignore[override]
        raise obs_client.AuthorizationError("not yours")


def test_a_check_of_what_may_not_be_read_stops() -> None:
    one, two = Refusing(), obs_client.MemoryClient()
    for client in (one, two):
        client.container_create("c")
        for number in range(200):
            client.object_write(f"{number:03}", f"{id(client)}".encode(), container_name="c")
    places = obs_client.Place(one, "c"), obs_client.Place(two, "c")
    with pytest.raises(obs_client.AuthorizationError, match="20 names in a row were refused, and none"):
        check(*places, SyncOptions(workers=1))


# ---- absent ---------------------------------------------------------------------------------------------------------


def test_what_is_absent_is_told_of_once_with_where_to_look(many: Path) -> None:
    for command in ("cat", "info", "rm"):
        result = run(command, *(many / f"never{number}" for number in range(COUNT)))
        assert result.exit_code == 3
        hint = "-r deletes folders" if command == "rm" else "obs ls shows what is there"
        assert result.stderr.count(hint) == 1
        assert len(result.stderr.splitlines()) == 13
        assert "obs:      25 x  there is no file ..." in result.stderr


def test_mb_is_not_advised_for_a_name_that_it_refuses(
    seaweedfs: RunningServer, environment: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment().items():
        environment.setenv(name, value)
    for command in ("ls", "info", "du"):
        assert failed(3, command, "s3://CMD_X") == "obs: there is no container 'CMD_X'\n"
        assert failed(3, command, "s3://nowhere") == "obs: there is no container 'nowhere' (obs mb creates one)\n"
    environment.setenv("AWS_ENDPOINT_URL", seaweedfs.endpoint_url + "/only-path")
    assert "the endpoint URL has a path" in failed(3, "ls", "s3://nowhere")


# ---- a store that is down -------------------------------------------------------------------------------------------


def test_a_store_that_is_down_is_told_of_once(nowhere: str, many: Path) -> None:
    for arguments in (
        ("put", *sorted(many.iterdir()), nowhere),
        ("put", "-r", many, nowhere),
        ("get", *(nowhere.replace("/?", f"/{number}?") for number in range(9)), f"{many}/"),
        ("cp", *sorted(many.iterdir()), nowhere),
        ("rm", "-r", "--yes", nowhere),
        ("sync", many, nowhere),
        ("check", many, nowhere),
        ("du", nowhere),
    ):
        said = failed(1, *map(str, arguments), "--retries", "0")
        assert "Connection refused" in said
        assert "is the store up, and the endpoint right?" in said
        assert "Failure" not in said
        assert "debug" not in said


def test_where_a_store_goes_down_it_is_said_how_many_are_left(capsys: pytest.CaptureFixture[str]) -> None:
    def down() -> None:
        raise obs_client.TemporaryError("it is down")

    actions: list[tuple[str, Callable[[], object]]] = [("a", lambda: None), ("b", down), ("c", down), ("d", down)]
    with pytest.raises(obs_client.TemporaryError):
        each(Settings(), actions)
    assert capsys.readouterr().err == "obs: stopped at b; 2 names more are left undone\n"


def test_a_store_that_goes_down_stops_a_check() -> None:
    class Down(obs_client.MemoryClient):
        def _object_open(self, *_: object) -> Iterator[bytes]:  # type: ignore[override]
            raise obs_client.TemporaryError("it is down")

    options = obs_client.ClientOptions(attempts=1)
    one, two = Down(options=options), obs_client.MemoryClient()
    for client in (one, two):
        client.container_create("c")
        for number in range(100):
            client.object_write(f"{number:03}", f"{id(client)}".encode(), container_name="c")
    with pytest.raises(obs_client.TemporaryError, match="20 names in a row failed"):
        check(obs_client.Place(one, "c"), obs_client.Place(two, "c"), SyncOptions(workers=1))


# ---- all of them ----------------------------------------------------------------------------------------------------


def test_advice_is_told_once_for_each_reason() -> None:
    denied = obs_client.AuthorizationError("no", hint="ask the owner")
    assert advice([denied, denied, NotThere("nothing", "obs ls shows what is there")]) == (
        "ask the owner; obs ls shows what is there"
    )
    assert advice([obs_client.AuthorizationError("no")]) == "ask for the rights, or log in as somebody who has them"
    assert advice(["a reason in words"]) == ""
    assert advice(["a reason in words"], leave_out=", or --exclude it").startswith(
        "correct what is reported for each name, or"
    )


def test_failures_of_several_places_leave_the_others_be(many: Path) -> None:
    assert "names failed" in run("cat", many / "n00", many / "never", many / "gone").stderr
    actions = {"x": partial(done, "ls", many)}
    each(Settings(), actions)
