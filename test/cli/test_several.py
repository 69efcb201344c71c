"""Several arguments of one command: none is lost to another, and one's failure leaves the others be."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.settings import Settings
from obs_client.cli.several import Clients, each
from test.cli.running import done, failed, file_url, lines, run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory to be in, with `x/f`, `x/g`, `y/f` and an empty `dest`."""
    for name in ("x/f", "x/g", "y/f"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"from {name}")
    (tmp_path / "dest").mkdir()
    monkeypatch.chdir(tmp_path)


def names(directory: str) -> list[str]:
    return sorted(path.name for path in Path(directory).iterdir())


def written(command: str, directory: str) -> str:
    """A directory as a command takes it for its target."""
    return file_url(Path.cwd() / directory) if command == "put" else directory


@pytest.mark.parametrize("command", ["mv", "cp", "put"])
def test_two_sources_are_never_made_one_object(command: str) -> None:
    said = failed(2, command, "x/g", "x/f", "y/f", written(command, "dest/"))
    assert "x/f and y/f would both become 'f'" in said
    assert "x/g" not in said
    assert (names("x"), names("y"), names("dest")) == (["f", "g"], ["f"], [])
    assert "x/f and x/f would both" in failed(2, command, "x/f", "x/f", written(command, "dest/"))


@pytest.mark.parametrize("command", ["mv", "cp", "put"])
def test_what_is_absent_leaves_the_others_be(command: str) -> None:
    result = run(command, "x/absent", "x/f", "nowhere/deep/z", "x/g", written(command, "dest/"))
    assert result.exit_code == 3
    absent, other, total = result.stderr.splitlines()
    assert "there is no file 'x/absent'" in absent
    assert "there is no file 'nowhere/deep/z'" in other
    assert total.startswith("obs: 2 of 4 names failed (")
    assert total.endswith("the others are done)")
    assert names("dest") == ["f", "g"]
    assert names("x") == ([] if command == "mv" else ["f", "g"])


def test_a_failure_that_is_no_absence_is_status_1() -> None:
    (Path("dest") / "f").write_text("old")
    result = run("cp", "--if-absent", "x/absent", "x/f", "x/g", "dest/")
    assert result.exit_code == 1
    assert "there is an object 'f' already" in result.stderr
    assert names("dest") == ["f", "g"]
    assert (Path("dest") / "f").read_text() == "old"
    result = run("put", "x", "x/g", written("put", "dest/"), "--debug")
    assert result.exit_code == 1
    assert "is a directory" in result.stderr
    assert "Traceback" in result.stderr


def test_a_target_that_is_absent_is_told_once() -> None:
    for command in ("cp", "mv", "put"):
        assert "no container 'nowhere'" in failed(3, command, "x/f", "x/g", written(command, "nowhere/"))
        status = 2 if command == "put" else 3  # a URL's root that is absent is a setting that is wrong
        assert "nowhere/deep" in failed(status, command, "x/f", "x/g", written(command, "nowhere/deep/er/"))
    assert names("x") == ["f", "g"]


def test_arguments_that_cannot_work_end_the_command_before_anything_is_done() -> None:
    for arguments in (("mv", "x/f", "x", "dest/"), ("rm", "x/f", "x"), ("rm", "-r", "-y", "x", "s3://")):
        failed(2, *arguments)
        assert names("x") == ["f", "g"], arguments


def test_rm_goes_on_after_what_is_absent() -> None:
    result = run("rm", "x/absent", "nowhere/deep/z", "x/f", "x/g")
    assert result.exit_code == 3
    assert "x/absent" in result.stderr
    assert "2 of 4 names failed" in result.stderr
    assert names("x") == []
    result = run("rm", "-r", "-y", "x/never", "nowhere/", "y")
    assert result.exit_code == 3
    assert "2 of 3 names failed" in result.stderr
    assert names("y") == []


def test_rm_stops_where_a_question_cannot_be_asked() -> None:
    assert "Delete 2 objects in x" in failed(2, "rm", "-r", "x", "y")


def test_rm_with_force_tells_what_it_deleted_and_what_never_was_there() -> None:
    for arguments in (("x/never",), ("-r", "-y", "x/never"), ("-r", "-y", "nowhere/"), ("nowhere/deep/z",)):
        (row,) = lines("rm", "-f", *arguments)
        assert row == {"type": "absent", "name": arguments[-1].partition("/")[2].rpartition("/")[2]}, arguments
        assert done("rm", "-f", "--dry-run", *arguments) == ""
        assert "deleted" not in run("rm", "-f", "-v", *arguments).stderr
    rows = lines("rm", "-f", "x/never", "x/f")
    assert rows == [{"type": "absent", "name": "never"}, {"type": "deleted", "name": "f"}]
    assert [json.loads(line) for line in done("rm", "-r", "-f", "-y", "--json", "x", "y/f").splitlines()] == [
        {"type": "deleted", "name": "g"},
        {"type": "deleted", "name": "f"},
    ]


def test_what_would_fail_for_all_ends_the_command_and_each_name_s_reason_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    called: list[str] = []

    def fails(name: str, error: Exception) -> None:
        called.append(name)
        raise error

    partly = obs_client.PartialFailureError("2 names failed", {"n1": OSError("why 1"), "n2": OSError("why 2")})
    down = obs_client.TemporaryError("the store is down")
    actions = {name: partial(fails, name, error) for name, error in (("a", partly), ("b", down), ("c", partly))}
    with pytest.raises(obs_client.TemporaryError):
        each(Settings(), actions)
    assert called == ["a", "b"]
    assert capsys.readouterr().err.splitlines() == [
        "obs: n1: why 1",
        "obs: n2: why 2",
        "obs: a: 2 names failed",
        "obs: stopped at b; 1 name more is left undone",
    ]


def test_addresses_in_one_store_share_a_client(tmp_path: Path) -> None:
    url = f"file://{tmp_path}?container_name="
    with Clients() as clients:
        one = clients.of(Address.parse(f"{url}x"))
        assert clients.of(Address.parse(f"{url}y")) is one
        assert clients.of(Address.parse("y/f")) is one
        assert clients.of(Address.parse(f"file://{tmp_path}/x?container_name=y")) is not one


def test_a_command_makes_one_client_for_all_its_arguments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[obs_client.ObjectStorageClient] = []
    client = obs_client.StorageUrl.client

    def counted(place: obs_client.StorageUrl) -> obs_client.ObjectStorageClient:
        made.append(client(place))
        return made[-1]

    monkeypatch.setattr(obs_client.StorageUrl, "client", counted)
    url = f"file://{tmp_path}?container_name="
    for arguments in (("cp", "x/f", "x/g", f"{url}dest"), ("mv", "y/f", "x/g", "dest/"), ("rm", "dest/f", "x/f")):
        made.clear()
        done(*arguments)
        assert len(made) == 1, arguments
    assert (names("dest"), names("x"), names("y")) == (["g"], [], [])


def test_one_store_s_containers_are_not_taken_for_each_other() -> None:
    done("rm", "-r", "-y", "dest", "y")
    assert (names("x"), names("y")) == (["f", "g"], [])
    done("cp", "x/f", "x/g", "dest/")
    done("rm", "x/f", "dest/g")
    assert (names("x"), names("dest")) == (["g"], ["f"])
