"""Messages that do not strand people: `facts` of the field, section L, by the command and by programs alike."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import obs_client
from obs_client.cli.failures import failure_of
from test.cli.running import failed, file_url, run
from test.field.command.rights import as_granted
from test.field.command.stores import s3
from test.loopback.failures import Failure

LOGIN = ("AWS_ACCESS_KEY_ID", "OS_PASSWORD", "credentials in the environment")
REFUSALS = {
    "policy": (Failure("GetObject", 403, "AccessDenied", "Access Denied"), "policy"),
    "hidden": (Failure("GetObject", 403, "AccessDenied", "Access Denied"), "s3:ListBucket"),
    "glacier": (Failure("GetObject", 403, "InvalidObjectState", "Not valid for the storage class"), "restore it first"),
    "clock": (Failure("GetObject", 403, "RequestTimeTooSkewed", "The difference is too large"), "clock"),
    "ended": (Failure("GetObject", 400, "ExpiredToken", "The provided token has expired.", times=None), "get new ones"),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_the_command_shows_the_hint_that_programs_get(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    failure, advice = REFUSALS[kind]
    double = s3(monkeypatch, failure, failure)
    double.store("box", "a", b"1")
    with obs_client.from_url("s3://box") as client, pytest.raises(obs_client.AuthorizationError) as raised:
        client.object_read("a")
    said = failed(1, "cat", "s3://box/a")
    assert advice in raised.value.hint
    shown = failure_of(raised.value).hint
    assert shown.replace("?sign_payload=true in the URL", "") == raised.value.hint.replace(
        "sign_payload=True (in a URL ?sign_payload=true)", ""
    )
    assert said.endswith(f"({shown})\n")
    assert said.count(shown) == 1
    assert not any(words in said for words in LOGIN)


def test_what_is_a_login_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    s3(monkeypatch)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    said = failed(1, "ls", "s3://box")
    assert "AWS_SECRET_ACCESS_KEY" in said


def test_a_store_that_is_down_is_told_with_what_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    double = s3(monkeypatch, Failure("GetObject", 503, "SlowDown", "Slow down", times=None))
    double.store("box", "a", b"1")
    url = "s3://box/a?attempts=2&first_pause=0.01"
    result = run("cat", url)
    assert result.exit_code == 1
    assert "(is the store up, and the endpoint right?" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", ["cat", "rm", "info", "put", "get", "cp", "rm -r --yes", "mb"])
def test_a_local_refusal_names_the_path_and_no_login(command: str, tmp_path: Path) -> None:
    box = tmp_path / "box"
    (box / "in").mkdir(parents=True)
    (box / "in/a").write_bytes(b"1")
    (tmp_path / "mine").write_bytes(b"2")
    os.chmod(box / "in/a", 0)
    os.chmod(box / "in", 0o500 if command in ("cat", "rm", "rm -r --yes") else 0)
    places: dict[str, list[str | Path]] = {
        "put": [tmp_path / "mine", file_url(box, "in/b")],
        "get": [tmp_path / "mine", box / "in/b"],
        "cp": [tmp_path / "mine", box / "in/b"],
        "rm -r --yes": [box / "in/a"],
        "mb": [box / "in/new"],
    }
    arguments = places.get(command, [box / "in/a"])
    with as_granted():
        result = run(*command.split(), *arguments)
    assert result.exit_code == 1, result.output
    assert str(box / "in/b" if command == "put" else arguments[-1]) in result.stderr
    assert "Permission denied" in result.stderr
    assert not any(words in result.stderr for words in LOGIN)
    assert "could not delete 'box'" not in result.stderr


def test_an_absent_target_and_a_present_one_are_no_business_of_a_login(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    assert "obs mb creates one" in failed(3, "put", tmp_path / "a", file_url(tmp_path / "nowhere"))
