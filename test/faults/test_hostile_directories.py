"""Whole prefixes with hostile names brought to a directory with links planted in it: nothing gets out of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_client import LocalClient, MemoryClient, ObjectInfo, ObjectStorageClient, ObjectStorageClientError
from obs_client.sync import Place, Step, SyncOptions, Version, apply, sync
from test.faults.hostile import HOSTILE, NAMES, beside, generated, planted, stored_anyway
from test.faults.matrix.cells import MATRIX, Stage
from test.faults.wire.exchange import Fault
from test.faults.wire.messages import Answer, Request
from test.faults.wire.spoiling import change

PREFIX = "all/"
CONTENT = b"hostile"
LINKED = ("linked/file", "linked file", "dangling", "a/linked/x", "linked")
NOT_IN_XML = ("\x1b[31mred", "nul\0byte")
"""XML has no way to tell these; a server that tries is not understood."""

IMPOSSIBLE = frozenset(
    {"../escape", "a/../../escape", "a/../b", "..", ".", "a/..", "./a", "a/./b", "/etc/escape", "//host/share", "a//b",
     "a/", "nul\0byte", "n" * 300}
)  # fmt: skip
"""Those that no path below a directory can have; all others become files, as they are."""


@pytest.fixture
def jail(tmp_path: Path) -> Iterator[Path]:
    """A destination with links that lead out of it; what is beside it must stay as it is."""
    inside, _ = planted(tmp_path / "jail")
    before = beside(tmp_path, inside)
    yield inside
    assert beside(tmp_path, inside) == before


UNHEARD_OF = {"azurite": frozenset({"C:\\escape", "a\\..\\..\\escape", "new\nline"})}
"""Names that no object of such a store has, whatever is listed: they are never asked for."""


def _bring(client: ObjectStorageClient, name: str, jail: Path, unheard_of: frozenset[str] = frozenset()) -> None:
    """Bring the prefix, which holds this name only, to the directory, and look what became of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(jail)
        try:
            report = sync(Place(client, client.container_name or "", PREFIX), Place.of_directory(jail))
        except ObjectStorageClientError as error:
            brought, why = False, repr(error)
        else:
            brought, why = report.ok and report.copied == 1, repr(report)
    assert brought == (name not in IMPOSSIBLE | unheard_of and not name.startswith(("linked/", "a/linked/"))), why
    if brought:
        assert not (jail / name).is_symlink()
        assert (jail / name).read_bytes() == CONTENT


@pytest.mark.parametrize("name", [*HOSTILE, *LINKED], ids=ascii)
def test_from_memory(jail: Path, name: str) -> None:
    with MemoryClient("c") as client:
        client.container_create("c")
        stored_anyway(client, "c", {PREFIX + name: CONTENT})
        _bring(client, name, jail)


@pytest.mark.parametrize("name", [*HOSTILE, *LINKED], ids=ascii)
def test_from_a_local_store(jail: Path, tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """It takes all names but those with dots for segments, some by an escape; they are brought as they are meant."""
    with LocalClient(tmp_path_factory.mktemp("root"), "c") as client:
        client.container_create("c")
        try:
            client.object_write(PREFIX + name, CONTENT)
        except ObjectStorageClientError:
            assert name in IMPOSSIBLE
            return
        _bring(client, name, jail)


# ---- from real servers ----------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize("name", [each for each in (*HOSTILE, *LINKED) if each not in NOT_IN_XML], ids=ascii)
def test_from_a_server_that_lists_such_names(stage: Stage, jail: Path, name: str) -> None:
    """On the server it has a harmless name: the proxy changes it in listings, and back in requests."""
    # A page that starts after any of the names has the harmless one no more.
    store, hostile, harmless = stage.store, PREFIX + name, PREFIX + "!harmless"
    store.put(MATRIX, harmless, CONTENT)

    def rename(answer: Answer) -> Answer:
        return answer.with_body(
            answer.body.replace(store.told(harmless, answer.body), store.told(hostile, answer.body))
        )

    def rewrite(request: Request, body: bytes) -> tuple[str, Mapping[str, str]] | None:
        if request.path == f"{store.base}/{MATRIX}/{hostile}":
            return store.redirected(request, f"/{MATRIX}/{harmless}")
        return store.paged(request, body)

    listed = Fault("list", lambda request: store.aimed("list", request, MATRIX, ""), change(rename), None)
    stage.proxy.rewrite = rewrite
    stage.proxy.aim(listed)
    try:
        with store.client(stage.proxy.url, timeout=20.0) as client:
            client.container_name = MATRIX
            _bring(client, name, jail, UNHEARD_OF.get(store.label, frozenset()))
        assert any(entry.fault and not entry.missed for entry in stage.proxy.journal)
    finally:
        stage.proxy.rewrite = store.paged
        stage.proxy.aim()


# ---- generated ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "count",
    [pytest.param(20, id="100", marks=pytest.mark.slow), pytest.param(2_000, id="10000", marks=pytest.mark.full)],
)
def test_generated_names(jail: Path, count: int) -> None:
    """Five names at a time: by a sync, which refuses all for one; by copies and deletions one by one."""
    brought: list[str] = []

    @generated(count)
    @given(names=st.lists(NAMES, min_size=5, max_size=5, unique=True))
    def check(names: list[str]) -> None:
        with MemoryClient("c") as client:
            client.container_create("c")
            stored_anyway(client, "c", dict.fromkeys(names, CONTENT))
            source, target = Place(client, "c"), Place.of_directory(jail / "generated")
            copies = [Step("copy", name, "because", Version.of(info)) for name, info in _infos(source).items()]
            with contextlib.suppress(ObjectStorageClientError):
                sync(source, target, SyncOptions(delete=True, max_delete=100))
            report = apply(copies, source, target)
            brought.extend(set(names) - set(report.failures))
            removals = [
                Step("delete", name, "because", None, Version.of(info)) for name, info in _infos(target).items()
            ]
            client.container_create("empty")
            assert apply(removals, Place(client, "empty"), target, SyncOptions(max_delete=100)).ok

    check()
    assert len(set(brought)) > count, "hardly a name became a file"


def _infos(place: Place) -> dict[str, ObjectInfo]:
    return {info.name: info for info in place.objects()}
