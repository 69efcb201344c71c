"""Names to paths and back: pure, and then for real with every state a directory can be in."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from obs_client.backends.local.names import (
    Kind,
    UnreadableName,
    forms,
    is_sidecar,
    is_temporary,
    logical_prefix,
    plain,
    segment_of,
)
from obs_client.backends.local.store import LocalClient
from obs_client.errors import ServiceError
from obs_client.models import ObjectInfo

pytestmark = pytest.mark.slow  # it takes seconds in all

NASTY_SEGMENTS = [
    "",
    "a",
    "A",
    "b",
    "a%20b",
    "%",
    "%obs_",
    "%obs_f_",
    "%obs_f_a",
    "%obs_d_a",
    "%obs_d_%obs_d_a",
    "%obs_l_a",
    "%obs_xf_61",
    "%obs_t_0123456789abcdef",
    "%obs_s_12",
    ".hidden",
    "...",
    " ",
    "line\nbreak",
    "\x7f\x1b[31m",
    "é",
    "e\u0301",
    "\U0010ffff",
    "x" * 248,
    "x" * 249,
    "x" * 255,
    "x" * 256,
    "é" * 124,
    "é" * 128,
    "€" * 200,
]
kinds: strategies.SearchStrategy[Kind] = strategies.sampled_from(["f", "d"])
segments = strategies.sampled_from(NASTY_SEGMENTS) | strategies.text(max_size=400).filter(
    lambda text: "/" not in text and "\0" not in text and text not in (".", "..") and _is_text(text)
)
names = (
    strategies.lists(strategies.sampled_from(NASTY_SEGMENTS), min_size=1, max_size=4)
    .map("/".join)
    .filter(lambda name: 1 <= len(name.encode()) <= 1024)
)


def _is_text(text: str) -> bool:
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


@pytest.fixture
def root() -> Iterator[str]:
    path = tempfile.mkdtemp()
    yield path
    shutil.rmtree(path)


@hypothesis.given(segments, kinds)
def test_every_form_leads_back_to_its_segment_and_is_a_possible_path(segment: str, kind: Kind) -> None:
    found = forms(segment, kind)
    assert len(set(found)) == len(found) >= 1
    for form in found:
        assert segment_of(form, kind) == segment
        assert all(0 < len(component) <= 255 and b"/" not in component for component in form)
        assert not any(component in (b".", b"..") for component in form)
        assert not any(is_temporary(part) or is_sidecar(part) for part in form)


@hypothesis.given(segments, segments, kinds)
def test_two_segments_share_no_form(one: str, other: str, kind: Kind) -> None:
    hypothesis.assume(one != other)
    assert not set(forms(one, kind)) & set(forms(other, kind))


@hypothesis.given(strategies.lists(strategies.binary(min_size=1, max_size=255), min_size=1, max_size=3), kinds)
def test_a_path_that_is_read_as_a_segment_is_one_of_its_forms(components: list[bytes], kind: Kind) -> None:
    form = tuple(components)
    try:
        segment = segment_of(form, kind)
    except UnreadableName:
        return
    assert form in forms(segment, kind)


def test_a_possible_path_is_its_own_text() -> None:
    for segment in ("a%20b", "%", ".x", "line\nbreak", "ü", "x" * 255):
        assert plain(segment) == segment.encode()
        assert forms(segment, "f")[0] == (segment.encode(),)


@pytest.mark.parametrize("segment", [".", "..", "a\0b"])
def test_what_no_name_may_hold_has_no_form(segment: str) -> None:
    assert forms(segment, "f") == ()
    assert plain(segment) is None


@pytest.mark.parametrize(
    "component",
    [
        b"%obs_",
        b"%obs_q_a",
        b"%obs_f_..",
        b"%obs_d_a",
        b"%obs_xf_6",
        b"%obs_xf_4A",
        b"%obs_xf_ff",
        b"%obs_xf_",
        b"\xff",
    ],
)
def test_what_is_no_form_of_any_file_is_unreadable(component: bytes) -> None:
    with pytest.raises(UnreadableName):
        segment_of((component,), "f")


def test_the_names_of_all_objects_in_a_directory_start_with_its_logical_prefix() -> None:
    long_piece = forms("y" * 300, "d")[0]
    assert logical_prefix((b"a", b"%obs_d_b")) == "a/b/"
    assert logical_prefix((b"a", *long_piece)) == "a/" + "y" * 300 + "/"
    assert logical_prefix((b"a", long_piece[0])) == "a/" + "y" * 248
    assert logical_prefix((b"\xff",)) is None
    assert logical_prefix(()) == ""


@pytest.mark.slow
@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(strategies.lists(strategies.tuples(strategies.booleans(), names), min_size=1, max_size=25))
def test_a_store_of_nasty_names_is_a_dict(steps: list[tuple[bool, str]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        client = LocalClient(root, "c")
        client.container_create("c")
        model: dict[str, bytes] = {}
        for number, (is_delete, name) in enumerate(steps):
            # Of two names that share a segment, one is often a file where the other is a folder.
            chosen = sorted(model)[number % len(model)] if is_delete and model else name
            if is_delete:
                client.object_delete(chosen)
                model.pop(chosen, None)
            else:
                model[chosen] = f"{number} {chosen}".encode()
                client.object_write(chosen, model[chosen])
        _assert_is(client, model)
        for name in list(model):
            client.object_delete(name)
            del model[name]
            assert client.object_info(name) is None
        assert os.listdir(Path(root, "c")) == []


def _assert_is(client: LocalClient, model: dict[str, bytes]) -> None:
    listed = [entry.name for entry in client.object_iter() if isinstance(entry, ObjectInfo)]
    assert listed == sorted(model, key=str.encode)
    for name, content in model.items():
        assert client.object_read(name) == content
    for name in list(model)[:3]:
        after = [entry.name for entry in client.object_iter(start_after=name) if isinstance(entry, ObjectInfo)]
        assert after == [other for other in listed if other.encode() > name.encode()]
        prefix = name[: len(name) // 2]
        below = [entry.name for entry in client.object_iter(prefix=prefix) if isinstance(entry, ObjectInfo)]
        assert below == [other for other in listed if other.startswith(prefix)]


@pytest.mark.slow
@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(strategies.lists(names, min_size=1, max_size=12, unique=True), strategies.data())
def test_files_that_others_put_at_any_form_are_read_each_once(wanted: list[str], data: strategies.DataObject) -> None:
    with tempfile.TemporaryDirectory() as root:
        model: dict[str, bytes] = {}
        for name in wanted:
            *folders, last = name.split("/")
            path = [data.draw(strategies.sampled_from(forms(folder, "d"))) for folder in folders]
            path.append(data.draw(strategies.sampled_from(forms(last, "f"))))
            if _plant(
                os.path.join(os.fsencode(root), b"c"), b"/".join(b"/".join(form) for form in path), name.encode()
            ):
                model[name] = name.encode()
        os.makedirs(Path(root, "c"), exist_ok=True)
        client = LocalClient(root, "c")
        _assert_is(client, model)
        for name in model:
            model[name] = b"new " + name.encode()
            client.object_write(name, model[name])
        _assert_is(client, model)


def _plant(container: bytes, path: bytes, content: bytes) -> bool:
    full = os.path.join(container, path)
    try:
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "xb") as file:
            file.write(content)
    except OSError:
        return False  # a file is where this one needs a directory, or the other way round
    return True


def test_a_file_and_a_folder_of_one_name_live_beside_each_other(root: str) -> None:
    client = LocalClient(root, "c")
    client.container_create("c")
    for name in ("a", "a/b", "a/b/c", "d/e", "d", "d/"):
        client.object_write(name, name.encode())
    assert Path(root, "c", "a").read_bytes() == b"a"
    assert Path(root, "c", "%obs_d_a", "b").read_bytes() == b"a/b"
    assert Path(root, "c", "%obs_f_d").read_bytes() == b"d"
    assert Path(root, "c", "d", "%obs_f_").read_bytes() == b"d/"
    assert [client.object_read(entry.name) for entry in client.object_iter() if isinstance(entry, ObjectInfo)] == [
        b"a", b"a/b", b"a/b/c", b"d", b"d/", b"d/e",
    ]  # fmt: skip


def test_the_plain_file_wins_over_the_escape_and_the_next_write_removes_the_other(root: str) -> None:
    container = Path(root, "c")
    (container / "%obs_d_x").mkdir(parents=True)
    (container / "x").mkdir()
    for path, content in (("x/y", b"plain"), ("%obs_d_x/y", b"other"), ("x/%obs_f_y", b"third"), ("%obs_f_z", b"z")):
        (container / path).write_bytes(content)
    client = LocalClient(root, "c")
    assert [entry.name for entry in client.object_iter() if isinstance(entry, ObjectInfo)] == ["x/y", "z"]
    assert client.object_read("x/y") == b"plain"
    client.object_write("x/y", b"new")
    assert (container / "x" / "y").read_bytes() == b"new"
    assert not (container / "%obs_d_x" / "y").exists()
    assert not (container / "x" / "%obs_f_y").exists()
    (container / "x" / "%obs_f_y").write_bytes(b"again")
    client.object_delete("x/y")
    assert client.object_info("x/y") is None
    assert not (container / "x").exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9", r"'caf\xe9'"),
        (b"%obs_nonsense", "'%obs_nonsense'"),
        (b"%obs_f_..", "'%obs_f_..'"),
        (b"%obs_xf_4A", "'%obs_xf_4A'"),
    ],
)
def test_a_file_that_no_name_leads_to_makes_the_listing_fail_by_name(root: str, name: bytes, shown: str) -> None:
    os.mkdir(Path(root, "c"))
    with open(os.path.join(os.fsencode(root), b"c", name), "wb"):
        pass
    with pytest.raises(ServiceError, match=r"rename it") as caught:
        LocalClient(root, "c").object_list()
    assert shown in str(caught.value)


def test_a_file_whose_name_would_be_too_long_makes_the_listing_fail_by_name(root: str) -> None:
    folder = Path(root, "c", *["d" * 250] * 4)
    folder.mkdir(parents=True)
    (folder / ("e" * 30)).touch()
    with pytest.raises(ServiceError, match=r"1,034 bytes.*rename it"):
        LocalClient(root, "c").object_list()


@pytest.mark.slow
def test_a_name_may_be_all_slashes(root: str) -> None:
    client = LocalClient(root, "c")
    client.container_create("c")
    client.object_write("/" * 1024, b"deep")
    client.object_write("/" * 1023, b"less deep")
    assert client.object_read("/" * 1024) == b"deep"
    assert [entry.name for entry in client.object_list() if isinstance(entry, ObjectInfo)] == ["/" * 1023, "/" * 1024]
    client.object_delete("/" * 1024)
    client.object_delete("/" * 1023)
    assert os.listdir(Path(root, "c")) == []
