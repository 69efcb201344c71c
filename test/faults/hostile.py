"""Names made to get out: of the container in requests, of the directory on a disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from obs_client import MemoryClient, ObjectInfo, ObjectStorageClient, ObjectStorageClientError

HOSTILE = (
    "../escape",
    "a/../../escape",
    "a/../b",
    "..",
    ".",
    "a/..",
    "./a",
    "a/./b",
    "/etc/escape",
    "//host/share",
    "a//b",
    "a/",
    "C:escape",
    "C:\\escape",
    "a\\..\\..\\escape",
    "CON",
    "nul.txt",
    "trailing. ",
    "%2e%2e/escape",
    "%2e%2e%2fescape",
    "~root/escape",
    "$HOME/escape",
    "-rf",
    "new\nline",
    "\x1b[31mred",
    "nul\0byte",
    "e\u0301 and \u00e9",
    "linked/escape",
    "n" * 300,
    "?versions&uploads#fragment",
    "+ &=;%00",
)
PIECES = st.sampled_from(
    ["..", ".", "", "a", "%2e%2e", "%2F", "..\\", "\\", "C:", "linked", "~", " ", "\n", "\r", "\t", "\x7f", "\0", "é",
     "e\u0301", "\u2024\u2024", "?x", "#y", "%", "+", "&", "..;", "con", "x" * 260, "%obs_t_", "\ufffe", "😀"]
)  # fmt: skip
NAMES = st.one_of(
    st.lists(PIECES, min_size=1, max_size=6).map("/".join),
    st.lists(PIECES, min_size=1, max_size=6).map("".join),
    st.text(min_size=1, max_size=40),
)


FEW = [pytest.param(100, id="100"), pytest.param(10_000, id="10000", marks=pytest.mark.full)]
"""How many names are generated."""


def generated(count: int) -> settings:
    """So many examples of a test, others in each run."""
    return settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def calls(client: ObjectStorageClient, name: str, directory: Path) -> dict[str, Callable[[], object]]:
    """Everything that can be asked of an object of that name; local files are `source` and `target`."""
    target = directory / "target"
    source = directory / "source"
    source.write_bytes(b"content")
    return {
        "write": lambda: client.object_write(name, b"content"),
        "read": lambda: client.object_read(name),
        "info": lambda: client.object_info(name),
        "upload file": lambda: client.upload_file(source, name),
        "download file": lambda: client.download_file(name, target),
        "metadata": lambda: client.object_set_metadata(name, "a", "b"),
        "copy from": lambda: client.object_copy(name, "plain"),
        "copy to": lambda: client.object_copy("plain", name),
        "list": lambda: client.object_list(prefix=name),
        "list after": lambda: list(client.object_iter(start_after=name)),
        "url": lambda: client.object_generate_download_url(name),
        "delete many": lambda: client.object_delete_many([name, "plain too"]),
        "delete": lambda: client.object_delete(name),
    }


def try_all(client: ObjectStorageClient, name: str, directory: Path) -> None:
    """Ask everything; what is refused by the library's own error, is refused."""
    for call in calls(client, name, directory).values():
        try:
            call()
        except (ObjectStorageClientError, ValueError):
            continue


def stored_anyway(client: MemoryClient, container: str, things: Mapping[str, bytes]) -> None:
    """Let a store hold names that the library would let nobody write, as other programs may on other stores."""
    held = client._containers[container]
    for number, (name, content) in enumerate(things.items()):
        client.object_write("template", content, container_name=container)
        made = held.get("template")
        assert made is not None
        held.remove("template")
        held.put(type(made)(content, ObjectInfo(name, len(content), made.info.hash, "text/plain", {}, float(number))))


def planted(directory: Path) -> tuple[Path, Path]:
    """A directory with links out of it, and the one that they lead to."""
    inside, outside = directory / "inside", directory / "outside"
    for place in (outside, inside, inside / "a"):
        place.mkdir(parents=True, exist_ok=True)
    (outside / "file").write_bytes(b"not yours")
    for place in (inside, inside / "a"):
        (place / "linked").symlink_to(outside)
        (place / "linked file").symlink_to(outside / "file")
        (place / "dangling").symlink_to(outside / "not there")
    return inside, outside


def beside(directory: Path, inside: Path) -> dict[str, bytes | None]:
    """All that a directory holds outside of `inside`, the contents of files with it."""
    found: dict[str, bytes | None] = {}
    for path in directory.rglob("*"):
        if inside not in path.parents:
            found[str(path.relative_to(directory))] = path.read_bytes() if path.is_file() else None
    return found


def stays(target: str, base: str, containers: tuple[str, ...]) -> bool:
    """Whether a request's target is in one of the containers, however a server between may read the path."""
    path = target.partition("?")[0]
    if path in ("/info", base, base + "/", "/"):
        return True
    place, rest = path.removeprefix(base).removeprefix("/").partition("/")[::2]
    if not path.startswith(base) or place not in containers:
        return False
    segments = unquote_to_bytes(rest).split(b"/")
    return not rest or (b"." not in segments and b".." not in segments)
