"""What fails for many names is told in few lines."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

import obs_client
from obs_client.cli.many.reasons import brief
from obs_client.cli.settings import Settings
from obs_client.cli.several import each
from obs_client.sync.proof import CheckReport
from obs_client.sync.report import IN_A_ROW
from test.cli.running import run


def test_few_failures_are_told_one_by_one() -> None:
    assert list(brief([("a", "why"), ("b", "why not")])) == ["a: why", "b: why not"]


def test_of_many_the_first_ten_are_named_and_the_others_counted_by_reason() -> None:
    reasons = [(f"in/{number}", f"write 'box/in/{number}': AccessDenied (request id 123") for number in range(400)]
    denied = [(name, f"{reason}{name[3:]:>05})") for name, reason in reasons]
    full = [(f"in/{number}", "No space left on device") for number in range(400, 420)]
    told = list(brief([*denied, *full]))
    assert told[:2] == [f"{name}: {reason}" for name, reason in denied[:2]]
    assert told[10] == "and 410 more; --verbose names all. All 420 by reason:"
    assert told[11:] == ["    400 x  write ...: AccessDenied", "     20 x  No space left on device"]
    assert len(list(brief([*denied, *full], whole=True))) == 420


def test_secrets_are_blotted_out() -> None:
    assert "canary" not in "".join(brief([("a", "Signature=canary")] * 12))


def test_a_sync_of_many_that_fail_says_so_briefly(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "to").mkdir()
    for number in range(30):
        (tmp_path / "from" / f"{number:02}").write_text("x")
        (tmp_path / "to" / f"{number:02}").mkdir()
        (tmp_path / "to" / f"{number:02}" / "in the way").write_text("x")
    result = run("sync", tmp_path / "from", tmp_path / "to")
    assert result.exit_code == 1
    said = result.stderr.splitlines()
    assert len(said) == 10 + 2 + 1, said
    told = {line[:9] for line in said[:10]}  # in the order in which they failed, side by side
    assert len(told) == 10
    assert told < {f"obs: {number:02}: " for number in range(30)}
    assert said[10] == "obs: and 20 more; --verbose names all. All 30 by reason:"
    assert said[11].startswith("obs:      30 x  ")
    assert said[12].startswith("obs: 30 names failed")
    verbose = run("sync", "-v", tmp_path / "from", tmp_path / "to").stderr
    assert all(f"obs: {number:02}: " in verbose for number in range(30))


def test_of_many_arguments_that_fail_ten_are_told(tmp_path: Path) -> None:
    result = run("rm", *(tmp_path / f"never{number}" for number in range(30)))
    assert result.exit_code == 3
    said = result.stderr.splitlines()
    assert said[10:] == [
        "obs: and 20 more; --verbose names all. All 30 by reason:",
        "obs:      30 x  there is no file ...",
        "obs: 30 of 30 names failed (-r deletes folders, -f ignores missing objects)",
    ]


def test_what_is_refused_for_all_arguments_stops(capsys: pytest.CaptureFixture[str]) -> None:
    called: list[str] = []

    def refused(name: str) -> None:
        called.append(name)
        raise obs_client.AuthorizationError("not yours")

    with pytest.raises(obs_client.AuthorizationError):
        each(Settings(), {str(number): partial(refused, str(number)) for number in range(100)})
    assert len(called) == IN_A_ROW
    assert len(capsys.readouterr().err.splitlines()) == 10
    called.clear()
    actions = [(str(number), partial(refused, str(number))) for number in range(1, 100)]
    with pytest.raises(Exception, match="99 of 100"):
        each(Settings(), [("0", lambda: None), *actions])
    assert len(called) == 99


@pytest.mark.parametrize("options", [(), ("--ledger", "proof.jsonl"), ("--json",)])
def test_what_a_check_could_not_prove_and_does_not_list_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    listed: dict[str, Exception] = {"listed": obs_client.TemporaryError("not now")}
    report = CheckReport(3, 9, (), (), (), listed, {}, more={"unproven": 1407})
    monkeypatch.setattr(obs_client.sync, "check", lambda *_, **__: report)
    found = run("check", *options, "one", "two")
    assert found.exit_code == 1
    said = found.stdout.splitlines()
    if options == ("--json",):
        assert json.loads(said[1]) == {"type": "unproven", "more": 1407}
        assert json.loads(said[2])["unproven"] == 1408
    else:
        assert said[:2] == ["unproven   listed", "unproven   and 1,407 more"]
        assert "1,408 unproven" in found.output
