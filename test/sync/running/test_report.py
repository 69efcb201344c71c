"""What many failures come to, when nothing is deleted, and what a report adds up."""

from __future__ import annotations

import errno

import pytest

from obs_client import AuthorizationError, ServiceError, TemporaryError
from obs_client.errors import ObjectStorageClientError
from obs_client.sync import Done, Step, SyncReport, Version
from obs_client.sync.report import Streak, Tally, changed, failed, is_full, why_none_is_deleted, without_hint

STEP = Step("copy", "n", "new", Version(1, None, None))


def added(streak: Streak, error: Exception | None, count: int) -> None:
    for number in range(count):
        streak.add(f"n{number}", error)


def full(number: int = errno.ENOSPC) -> ServiceError:
    error = ServiceError("could not be written")
    error.__cause__ = OSError(number, "no room")
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            TemporaryError("down", hint="h"),
            "3 names in a row failed, the others were not tried; try again when the store is up",
        ),
        (
            AuthorizationError("no", hint="h"),
            "3 names in a row were refused, and none was allowed; the others were not tried",
        ),
        (full(), "3 names in a row found no room; the others were not tried"),
        (full(errno.EDQUOT), "3 names in a row found no room; the others were not tried"),
    ],
)  # fmt: skip
def test_so_many_in_a_row_end_it_and_say_what_was_wrong(error: ObjectStorageClientError, words: str) -> None:
    streak = Streak(3)
    added(streak, error, 2)
    with pytest.raises(type(error)) as raised:
        streak.add("last", error)
    assert raised.value.args[0] == f"{words}; the last, 'last': {error.args[0]}"
    assert (raised.value.__cause__, raised.value.hint) == (error, error.hint)


def test_what_was_done_before_is_told() -> None:
    for done, words in ((1, "1 name was done, then "), (1234, "1,234 names were done, then ")):
        streak = Streak(2)
        added(streak, None, done)
        with pytest.raises(TemporaryError, match=f"^{words}2 names in a row"):
            added(streak, TemporaryError("down"), 2)
        with pytest.raises(TemporaryError, match=f"^{words}2 names in a row"):
            added(Streak(2, done), TemporaryError("down"), 2)


@pytest.mark.parametrize("between", [None, ServiceError("of this name"), AuthorizationError("no"), full()])
def test_a_row_is_broken_by_what_others_may_not_meet_or_meet_otherwise(between: Exception | None) -> None:
    streak = Streak(3)
    for _ in range(5):
        added(streak, TemporaryError("down"), 2)
        streak.add("between", between)
    added(streak, TemporaryError("down"), 2)
    with pytest.raises(TemporaryError, match="3 names in a row"):
        streak.add("last", TemporaryError("down"))


def test_failures_of_single_names_never_end_it() -> None:
    added(Streak(3), ServiceError("never"), 2000)
    added(Streak(3), ValueError("never"), 2000)


def test_where_some_are_allowed_a_thousand_are_to_be_refused() -> None:
    streak = Streak(3, 1)
    added(streak, AuthorizationError("no"), 999)
    with pytest.raises(
        AuthorizationError, match=r"^1 name was done, then 1,000 names in a row were refused; the others"
    ):
        streak.add("last", AuthorizationError("no"))
    of_files = AuthorizationError("no")
    of_files.__cause__ = PermissionError("no")
    streak = Streak(3)
    added(streak, of_files, 999)
    with pytest.raises(AuthorizationError, match="1,000 names in a row were refused, and none was allowed"):
        streak.add("last", of_files)
    streak = Streak(1500, 1)
    added(streak, AuthorizationError("no"), 1499)
    with pytest.raises(AuthorizationError, match="1,500 names"):
        streak.add("last", AuthorizationError("no"))
    with pytest.raises(TemporaryError, match="3 names"):
        added(Streak(3, 1), TemporaryError("down"), 3)


def test_when_a_file_system_is_full() -> None:
    assert is_full(full())
    assert is_full(OSError(errno.ENOSPC, "no room"))
    assert is_full(OSError(errno.EDQUOT, "no room"))
    assert not is_full(full(errno.EACCES))
    assert not is_full(ServiceError("no"))
    assert not is_full(None)


@pytest.mark.parametrize(
    ("count", "most", "failures", "empty", "reason"),
    [
        (1, None, 0, False, None),
        (5, 5, 0, False, None),
        (5, 5, 0, True, None),
        (5, 4, 0, False, "5 names would be deleted, max_delete is 4"),
        (1, 0, 0, False, "1 name would be deleted, max_delete is 0"),
        (2000, 1000, 0, False, "2,000 names would be deleted, max_delete is 1,000"),
        (1, None, 0, True, "the source is empty, so everything would be deleted; set max_delete to allow it"),
        (1, 5, 1, False, "1 name failed"),
        (1, None, 1000, True, "1,000 names failed"),
    ],
)
def test_when_nothing_is_deleted(count: int, most: int | None, failures: int, empty: bool, reason: str | None) -> None:
    assert why_none_is_deleted(count, most, failures, source_is_empty=empty) == reason


def test_all_that_ended_is_in_the_report() -> None:
    tally, error = Tally(), ServiceError("no")
    skip = Step("skip", "s", "the same")
    for done in (
        Done(STEP, "copied", "new", 5), Done(STEP, "copied", "new", 7), Done(skip, "skipped", "the same"),
        Done(Step("copy", "gone", "new"), "skipped", "gone meanwhile"),
        Done(Step("copy", "f", "new"), "failed", "no", 0, error),
        Done(Step("delete", "d", "extra"), "deleted", "extra"),
    ):  # fmt: skip
        tally.add(done)
    counted = SyncReport(2, 12, 2, 1, {"f": error}, {"gone": "gone meanwhile"}, 3, "why", True)
    assert tally.counts == {"copied": 2, "deleted": 1, "skipped": 2, "failed": 1}
    assert tally.report(3, "why", True) == counted
    tally.stopped = "enough", "z"
    stopped = tally.report(0, None, False)
    assert (stopped.stopped, stopped.stopped_at, stopped.dry_run) == ("enough", "z", False)


def test_what_is_not_all_done_is_not_ok() -> None:
    assert SyncReport(1, 1, 1, 1, {}, {"n": "gone"}).ok
    assert not SyncReport(1, 1, 1, 1, {"f": ValueError()}, {}).ok
    assert not SyncReport(1, 1, 1, 1, {}, {}, withheld=1).ok
    assert not SyncReport(1, 1, 1, 1, {}, {}, stopped="enough").ok


def test_a_failure_is_told_without_its_frames() -> None:
    try:
        raise ServiceError("no", hint="ask")
    except ServiceError as error:
        kept = error
    done = failed(STEP, kept)
    assert done == Done(STEP, "failed", str(kept), 0, kept)
    assert kept.__traceback__ is None
    assert (without_hint(kept), without_hint(ValueError("plain"))) == ("no", "plain")


def test_what_changed_is_named() -> None:
    error = changed(STEP, "the target was replaced")
    assert error.args[0] == "'n': the target was replaced since the plan was made; make a new plan"
    assert error.object_name == "n"
