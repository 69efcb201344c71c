"""What a check finds and by what: each name is counted once, and nothing is proved by what may not be so."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import traceback
from pathlib import Path
from typing import Any, cast

import pytest

from obs_client import ConfigurationError, ContainerNotFoundError, ServiceError, TemporaryError
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import ObjectReader
from obs_client.sync import CheckReport, Place, SyncOptions, check, content
from obs_client.sync.content import Comparison, _same_bytes, are_md5s, compare_content, proved_by_listing
from obs_client.sync.listing import Entry
from obs_client.sync.proof import Findings, add_all, at_once, check_here
from obs_client.sync.ranges import Bounds, Range, Taken
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import Hashless, memory

ERROR = ServiceError("no")


def entry(size: int | None, tag: str | None = None, name: str = "n") -> Entry:
    return Entry(name, size, tag, 5.0)


def pair(name: str, source: int | None, target: int | None) -> Any:
    sides = (None if size is None else entry(size) for size in (source, target))
    return (name, *sides)


def test_each_finding_is_counted_with_its_size_and_its_proof() -> None:
    findings = Findings()
    rows: list[Any] = [
        (pair("s", 3, 3), "same", "reading", 3),
        (pair("t", 4, 4), "same", "reading", 4),
        (pair("f/", 0, None), "same", "folder", 0),
        (pair("d", 5, 6), "differing", "sizes", 5),
        (pair("z", 7, None), "missing", None, 7),
        (pair("m", 7, None), "missing", None, 7),
        (pair("e", None, 8), "extra", None, 8),
        (pair("u", 9, 9), "unproven", ERROR, 9),
        ((("n", entry(None), entry(2))), "differing", "reading", 2),
        ((("o", entry(None), entry(None))), "same", "reading", 0),
    ]
    assert [findings.add(each, finding, by) for each, finding, by, _ in rows] == [size for *_, size in rows]
    assert findings.report({"p": "a pipe"}) == CheckReport(
        same=4,
        same_size=7,
        differing=("d", "n"),
        missing=("m", "z"),
        extra=("e",),
        failures={"u": ERROR},
        notes={"p": "a pipe"},
        proofs={"reading": 4, "folder": 1, "sizes": 1},
        more={},
    )
    assert findings.report({}).unproven == ("u",)


def test_beyond_the_most_that_are_listed_each_kind_is_counted() -> None:
    findings = Findings(2)
    for number in range(5):
        findings.add(pair(f"d{number}", 1, 1), "differing", "reading")
        findings.add(pair(f"u{number}", 1, 1), "unproven", ERROR)
    findings.add(pair("m", 1, None), "missing", None)
    findings.add_unlisted("odd", "cannot be read")
    report = findings.report({})
    assert (report.differing, report.missing, list(report.failures)) == (("d0", "d1"), ("m",), ["u0", "u1"])
    assert report.more == {"differing": 3, "unproven": 4}


def test_a_name_that_could_not_be_listed_is_a_failure() -> None:
    findings = Findings()
    findings.add_unlisted("odd", "cannot be read")
    report = findings.report({})
    assert [(name, type(error), str(error)) for name, error in report.failures.items()] == [
        ("odd", ServiceError, "cannot be read")
    ]
    assert not report.ok


def test_reports_of_pieces_come_to_one() -> None:
    findings = Findings(3)
    piece = CheckReport(1, 10, ("d",), ("m", "n"), ("e",), {"u": ERROR}, {}, {"sizes": 1}, {"extra": 4})
    other = CheckReport(2, 20, ("b",), ("k", "l"), (), {"v": ERROR}, {}, {"sizes": 1, "reading": 2}, {"unproven": 1})
    findings.add_report(piece)
    findings.add_report(other)
    assert findings.report({}) == CheckReport(
        3,
        30,
        ("b", "d"),
        ("k", "m", "n"),
        ("e",),
        {"u": ERROR, "v": ERROR},
        {},
        {"sizes": 2, "reading": 2},
        {"extra": 4, "missing": 1, "unproven": 1},
    )


@pytest.mark.parametrize("kind", ["differing", "missing", "extra", "failures"])
def test_each_kind_of_finding_alone_is_no_equality(kind: str) -> None:
    found: dict[str, Any] = {"differing": (), "missing": (), "extra": (), "failures": {}}
    assert CheckReport(1, 1, notes={"p": "a pipe"}, **found).ok
    found[kind] = {"u": ERROR} if kind == "failures" else ("u",)
    assert not CheckReport(1, 1, notes={}, **found).ok


def test_names_and_proofs_are_told_in_order() -> None:
    source, target = memory(a=b"12", b=b"12", d=b"1", s=b"1"), memory(a=b"12", b=b"34", c=b"333", s=b"22")
    source, target = (Place(Hashless(place.client), "box") for place in (source, target))
    told: list[Any] = []
    check(source, target, on_done=lambda *each: told.append(each), on_compared=lambda *each: told.append(each))
    assert told == [
        ("a", "reading"), ("a", "same", 2), ("b", "reading"), ("b", "differing", 2), ("c", "extra", 3),
        ("d", "missing", 1), ("s", "sizes"), ("s", "differing", 1),
    ]  # fmt: skip


def test_a_folder_of_a_directory_is_what_its_marker_is_to_be(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    directory, other = Place.of_directory(tmp_path), memory(**{"f/": b"", "g/": b"", "f": b"content"})
    for source, target in ((directory, other), (other, directory)):
        report = check(source, target)
        named = report.extra if target is other else report.missing
        assert (report.same, report.same_size, named) == (1, 0, ("f", "g/"))
        assert report.proofs == {"folder": 1}
    assert check(memory(**{"f/": b""}), memory()).missing == ("f/",)


class Failing(Hashless):
    """Opens nothing."""

    def __init__(self, place: Place, error: Exception) -> None:
        super().__init__(place.client)
        self.error = error

    def _object_open(self, container: str, name: str, *rest: Any) -> ObjectReader:
        raise self.error


@pytest.mark.parametrize("error", [ConfigurationError("for all"), ContainerNotFoundError("for all")])
def test_what_fails_for_all_names_ends_the_check(error: Exception) -> None:
    source, target = memory(a=b"12"), memory(a=b"12")
    with pytest.raises(type(error), match="for all"):
        check(source, Place(Failing(target, error), "box"))


def test_what_fails_for_one_name_is_kept_without_what_it_held() -> None:
    source, target = memory(a=b"12"), memory(a=b"12")
    report = check(source, Place(Failing(target, ServiceError("not this one")), "box"))
    assert (report.same, list(report.failures), report.more) == (0, ["a"], {})
    assert traceback.extract_tb(report.failures["a"].__traceback__) == []


@pytest.mark.parametrize("between", [None, ("b", "same", "reading")])
def test_a_store_that_is_down_ends_the_check(between: Any) -> None:
    """After twenty names in a row; one that was compared begins the row anew, one that was only listed does not."""
    row: Any = (pair("a", 1, 1), "unproven", TemporaryError("down"))
    listed: Any = (pair("l", 1, None), "missing", None)
    middle = listed if between is None else (pair("b", 1, 1), *between[1:])
    findings = Findings()
    rows = iter([row] * 19 + [middle] + [row])
    if between is None:
        with pytest.raises(TemporaryError, match="20 names in a row"):
            add_all(rows, findings, None, None)
    else:
        add_all(rows, findings, None, None)
        assert findings.report({}).same == 1


def test_a_part_of_the_names_is_compared() -> None:
    names = {f"n{number}": b"1" for number in range(9)}
    findings, taken = Findings(), Taken(Range("n2", "n7"), Bounds(names=3))
    check_here(memory(**names), memory(**names), SyncOptions(), findings, taken=taken)
    assert (findings.report({}).same, taken.rest) == (3, Range("n5", "n7"))
    findings, taken = Findings(), Taken(Range("n2", "n7"), Bounds())
    check_here(memory(**names), memory(**names), SyncOptions(), findings, taken=taken)
    assert (findings.report({}).same, taken.rest) == (5, None)


# ---- by what contents are compared ----------------------------------------------------------------------------------

MD5 = hashlib.md5(b"x" * 33, usedforsecurity=False).hexdigest()
OTHER = "0" * 32
SEGMENTS = MD5 + "-2"


def compared(source: bytes, tag: str | None, target: bytes, other_tag: str | None) -> tuple[Any, list[str]]:
    """What is found of two objects that are listed so, and what was asked of the stores."""
    places = memory(n=source), memory(n=target)
    clients = [RecordingClient(place.client) for place in places]
    comparison = Comparison(Place(clients[0], "box"), Place(clients[1], "box"))
    found = compare_content(comparison, entry(len(source), tag), entry(len(target), other_tag))
    return found, ["".join(client.calls) for client in clients]


X, Y = b"x" * 33, b"y" * 33


@pytest.mark.parametrize(
    ("source", "tag", "target", "other_tag", "found", "opened"),
    [
        (b"", None, b"", MD5, (True, "no bytes"), "no"),
        (X, MD5, X, MD5, (True, "stored digests"), "no"),
        (X, SEGMENTS, X, SEGMENTS, (True, "stored digests"), "no"),
        (X, MD5, X, None, (True, "digest and reading"), "target"),
        (X, None, X, MD5, (True, "digest and reading"), "source"),
        (X, MD5, Y, None, (False, "reading"), "both"),
        (Y, None, X, MD5, (False, "reading"), "both"),
        (X, MD5, Y, OTHER, (False, "reading"), "both"),
        (X, OTHER, X, MD5, (True, "reading"), "both"),
        (X, SEGMENTS, X, None, (True, "reading"), "both"),
        (X, None, X, SEGMENTS, (True, "reading"), "both"),
        (X, None, X, None, (True, "reading"), "both"),
        (X, "v1", Y, "v1", (False, "reading"), "both"),
    ],
    ids=str,
)  # fmt: skip
def test_by_what_two_objects_are_compared(
    source: bytes, tag: str | None, target: bytes, other_tag: str | None, found: object, opened: str
) -> None:
    seen, calls = compared(source, tag, target, other_tag)
    assert seen == found
    assert [("object_open" in each) for each in calls] == [opened in ("both", "source"), opened in ("both", "target")]


@pytest.mark.parametrize(
    ("size", "tag", "proof"),
    [
        (0, None, "no bytes"),
        (None, MD5, None),
        (31, MD5, "stored digests"),
        (32, MD5, None),
        (32, SEGMENTS, "stored digests"),
        (33, MD5, "stored digests"),
        (320_000, MD5, None),
        (320_032, MD5, "stored digests"),
        (33, None, None),
        (33, "", None),
        (33, MD5[:-1], None),
        (32, "a" * 64, "stored digests"),
        (33, "a" * 128, "stored digests"),
        (33, "a" * 129, None),
        (33, MD5 + "-", None),
        (33, "g" * 32, None),
        (33, MD5.upper(), "stored digests"),
    ],
)
def test_what_equal_listings_prove(size: int | None, tag: str | None, proof: str | None) -> None:
    comparison = Comparison(memory(), memory())
    assert proved_by_listing(comparison, entry(size, tag), entry(size, tag)) == proof
    assert proved_by_listing(comparison, entry(size, tag), entry(size, "0" * 32)) == (proof if size == 0 else None)


def test_a_size_that_only_one_tells_of_as_none_proves_nothing() -> None:
    comparison = Comparison(memory(), memory())
    assert proved_by_listing(comparison, entry(0), entry(None)) is None
    assert proved_by_listing(comparison, entry(None), entry(0)) is None


def test_what_is_stored_with_a_file_proves_nothing_of_it(tmp_path: Path) -> None:
    file = Place.of_directory(tmp_path)
    file.client.object_write("n", X)
    for source, target in ((file, memory(n=X)), (memory(n=X), file)):
        comparison = Comparison(source, target)
        assert proved_by_listing(comparison, entry(33, MD5), entry(33, MD5)) is None
        assert compare_content(comparison, entry(33, MD5), entry(33, MD5)) == (True, "digest and reading")
    (tmp_path / "n").write_bytes(Y)
    assert compare_content(Comparison(file, memory(n=X)), entry(33, MD5), entry(33, MD5)) == (False, "reading")


def test_equal_md5s_of_32_bytes_are_asked_after() -> None:
    text = b"t" * 32
    tag = hashlib.md5(text, usedforsecurity=False).hexdigest()
    for tags, asked in (((tag, tag), (True, "stored digests")), ((OTHER, OTHER), (True, "reading"))):
        found, calls = compared(text, tags[0], text, tags[1])
        assert found == asked
        assert all("object_open" in each for each in calls)
    assert compared(text, OTHER, b"u" * 32, OTHER)[0] == (False, "reading")


def test_md5s_are_believed_only_if_both_stores_tell_them() -> None:
    comparison = Comparison(memory(n=X), memory(n=Y))
    tags = MD5, hashlib.md5(Y, usedforsecurity=False).hexdigest()
    assert are_md5s(comparison, entry(33, tags[0]), entry(33, tags[1]))
    assert not are_md5s(comparison, entry(33, OTHER), entry(33, tags[1]))
    assert not are_md5s(comparison, entry(33, tags[0]), entry(33, OTHER))


def test_what_the_listings_prove_is_found_at_once_and_all_else_is_left_to_contents() -> None:
    comparison = Comparison(memory(), memory())
    same, unsized = ("n", entry(33, MD5), entry(33, MD5)), ("n", entry(None), entry(33))
    assert at_once(comparison, same) == (same, "same", "stored digests")
    assert at_once(comparison, unsized) is None
    assert at_once(comparison, ("n", entry(33), entry(33))) is None
    assert at_once(comparison, pair("n", 3, 4)) == (pair("n", 3, 4), "differing", "sizes")


def test_a_name_that_could_not_be_compared_is_told_as_unproven() -> None:
    told: list[Any] = []
    target = Place(Failing(memory(a=b"12"), ServiceError("not this one")), "box")
    check(memory(a=b"12"), target, on_done=lambda *each: told.append(each), on_compared=lambda *each: told.append(each))
    assert told == [("a", "unproven", 2)]


def test_a_proof_between_failures_begins_the_row_anew_and_the_last_name_is_told() -> None:
    row: Any = (pair("last", 1, 1), "unproven", TemporaryError("down"))
    proved: Any = (pair("b", 1, 1), "same", "reading")
    add_all(iter([row, proved] * 30), Findings(), None, None)
    with pytest.raises(TemporaryError, match="the last, 'last': down"):
        add_all(iter([row] * 20), Findings(), None, None)


class Pieces:
    """A reader that gives few bytes at once."""

    def __init__(self, content: bytes, most: int, block_size: int) -> None:
        self._content = io.BytesIO(content)
        self._most = most
        self.block_size = block_size

    def readinto(self, buffer: memoryview) -> int:
        return self._content.readinto(buffer[: self._most])


@pytest.mark.parametrize("sizes", [(1, 1), (3, 4), (4, 3), (2, 3)])
@pytest.mark.parametrize("block_size", [0, 4])
def test_bytes_are_compared_however_few_come_at_once(sizes: tuple[int, int], block_size: int) -> None:
    whole = b"0123456789ab"
    for other in (whole, whole[:-1], whole + b"c", b"x" + whole[1:], whole[:-1] + b"x", b"01234x6789ab", b""):
        readers = [Pieces(each, most, block_size) for each, most in zip((whole, other), sizes, strict=True)]
        one, two = cast("list[GuardedReader]", readers)
        assert _same_bytes(one, two) is (whole == other)


@pytest.mark.parametrize(
    ("digest", "told"),
    [
        (None, False),
        (ContentDigest("md5", (33,), (MD5,)), True),
        (ContentDigest("md5", (33,), (OTHER,)), False),
        (ContentDigest("md5", (30, 3), (MD5,)), False),
        (ContentDigest("sha256", (33,), (OTHER,)), True),
    ],
)
def test_a_store_tells_an_md5_only_of_whole_contents(digest: Any, told: bool) -> None:
    class Telling(RecordingClient):
        def _object_open(self, *arguments: Any) -> ObjectReader:
            reader = super()._object_open(*arguments)
            reader.digest = digest
            return reader

    source, target = memory(n=X), memory(n=X)
    comparison = Comparison(Place(Telling(source.client), "box"), target)
    assert are_md5s(comparison, entry(33, MD5), entry(33, MD5)) is told


def test_where_digests_are_not_looked_at_listings_are_believed() -> None:
    places = memory(n=X), memory(n=X)
    for place in places:
        place.client.options = dataclasses.replace(place.client.options, check_content=False)
    one = RecordingClient(places[0].client)
    assert are_md5s(Comparison(Place(one, "box"), places[1]), entry(33, OTHER), entry(33, OTHER))
    assert one.calls == []


def test_contents_whose_sizes_are_seen_to_differ_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "_same_bytes", pytest.fail)
    comparison = Comparison(memory(n=X), memory(n=X + b"x"))
    assert compare_content(comparison, entry(None), entry(None)) == (False, "reading")
