"""A sync by the processes of a real Dask cluster: on loopback, where some are killed at random."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    ConfigurationError,
    LocalClient,
    ObjectStorageClient,
    S3Client,
    ServiceError,
    SwiftClient,
    TemporaryError,
)
from obs_client._engine.parallel import bounded_map
from obs_client.sync import Place, SyncOptions, check, sync
from obs_client.sync.ranges import Bounds
from obs_client.sync.spread import by_ranges, by_steps, cluster, versions
from obs_client.wrappers import prefixed
from test.cli.running import file_url, run
from test.servers.shared import Servers
from test.sync.support import Thing, contents, fill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),  # Dask's
]


KILLS = 5
"""At most in one sync: a worker takes seconds to begin."""


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cluster of two processes, each killed one replaced by its nanny, however long that takes.

    Dask gives a worker up that is not back 15 seconds after it was lost, and never begins it again: where workers are
    slow to begin, and killed once more while they do, none is left.
    """
    import dask.config
    from distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1 hour"}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
            local_directory=str(tmp_path_factory.mktemp("dask")),
            protocol="tcp",
        ) as local,
        Client(local, set_as_default=False) as client,
    ):
        yield client


def in_ranges(path: Path) -> tuple[Place, Place]:
    one, two = (prefixed(LocalClient(path / each), "p") for each in ("one", "two"))
    return place(one, path / "one"), place(two, path / "two")


def by_their_steps(path: Path) -> tuple[Place, Place]:
    return place(LocalClient(path / "one"), path / "one"), place(LocalClient(path / "two"), path / "two")


def place(client: ObjectStorageClient, path: Path | None = None) -> Place:
    if path is not None:
        path.mkdir()
    client.container_create("box")
    return Place(client, "box")


def murder(client: Any, ended: threading.Event, chosen: random.Random, kills: list[int]) -> None:
    """Kill a worker at random moments, as often as leaves others time to begin."""
    while len(kills) < KILLS and not ended.wait(chosen.uniform(0.5, 3.0) + 2 * len(kills)):
        alive = list(client.run(os.getpid, on_error="ignore").values())
        if alive:
            kills.append(chosen.choice(alive))
            os.kill(kills[-1], signal.SIGKILL)


def synced_among_murders(client: Any, source: Place, target: Place, count: int, seed: int) -> int:
    """Sync while workers are killed, look at the target and the counts; gives how many were killed."""
    kills, ended = list[int](), threading.Event()
    murderer = threading.Thread(target=murder, args=(client, ended, random.Random(seed), kills))
    murderer.start()
    try:
        report = sync(
            source, target, SyncOptions(delete=True), processes=2, executor=client.get_executor(pure=False)
        )  # fmt: skip
    finally:
        ended.set()
        murderer.join()
    assert report.ok
    assert report.copied + report.skipped == count
    assert {each.name[len(target.prefix) :]: each.size for each in target.objects()} == {
        name: len(thing.content) for name, thing in things(count).items()
    }
    assert check(source, target).ok
    return len(kills)


def things(count: int) -> dict[str, Thing]:
    return {f"{number % 7}/n{number:05d}": Thing(b"x" * (number % 50), {}) for number in range(count)}


@pytest.mark.parametrize("ways", [in_ranges, by_their_steps])
def test_the_target_and_the_counts_are_exact_though_workers_are_killed(
    ways: Any, dask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=10))
    monkeypatch.setattr(by_ranges, "NEXT", Bounds(names=40))
    monkeypatch.setattr(by_steps, "STEPS", 40)
    source, target = ways(tmp_path)
    fill(source, things(300))
    fill(target, {f"old{number}": Thing(b"y", {}) for number in range(5)})
    synced_among_murders(dask, source, target, 300, 1)


def set_environment(values: dict[str, str]) -> None:
    """In a worker; `os.environ.update` would travel with the `os.environ` of this process, and change that copy."""
    os.environ.update(values)


@pytest.fixture
def make_place(servers: Servers, dask: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Place]:
    """Makes an empty place in SeaweedFS or Swift, whose keys the workers have in their own environment."""
    environment = {**servers.swift().environment(), **servers.seaweedfs().environment()}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    dask.run(set_environment, environment)

    def make(store: str) -> Place:
        client: ObjectStorageClient = S3Client() if store == "seaweedfs" else SwiftClient()
        name = f"dask{random.randrange(10**9)}"
        client.container_create(name)
        return Place(client, name)

    return make


@pytest.mark.full
@pytest.mark.parametrize(
    ("count", "stores"),
    [(500, ["seaweedfs", "swift", "swift"]), (2000, ["seaweedfs", "swift", "swift"]), (20_000, ["seaweedfs"] * 2)],
    ids=["500", "2000", "20000"],
)
def test_on_real_servers(
    count: int, stores: list[str], make_place: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch, dask: Any
) -> None:
    """By steps from SeaweedFS, which lists out of order; by ranges from Swift to Swift."""
    monkeypatch.setattr(by_steps, "STEPS", min(by_steps.STEPS, count // 10))
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=count // 50))
    monkeypatch.setattr(by_ranges, "NEXT", Bounds(names=count // 10))
    places = [make_place(store) for store in stores]
    for _ in bounded_map(lambda item: fill(places[0], dict([item])), things(count).items(), 8):
        pass
    for seed, (source, target) in enumerate(itertools.pairwise(places), 2):
        assert synced_among_murders(dask, source, target, count, seed) > 0


def test_by_the_command(dask: Any, tmp_path: Path) -> None:
    source, _ = by_their_steps(tmp_path)
    fill(source, things(30))
    url = file_url(tmp_path / "two" / "box")
    found = run("sync", "--dask", dask.scheduler.address, file_url(tmp_path / "one" / "box"), url)
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout.startswith("copied 30 ")
    found = run("sync", "--dask", dask.scheduler.address, "--processes", "2", url, file_url(tmp_path / "one" / "x"))
    assert found.exit_code == 2


def test_keys_travel_only_where_nobody_else_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = ("tls://10.0.0.1:8786", "inproc://10.0.0.1/1/1", "tcp://127.0.0.1:1", "tcp://[::1]:1", "tcp://localhost:1")
    assert [cluster.is_closed(way) for way in ways] == [True] * 5
    ways = ("tcp://10.0.0.1:8786", "tcp://scheduler:8786", "ws://10.0.0.1:1", "ucx://10.0.0.1:1", "10.0.0.1:8786")
    assert [cluster.is_closed(way) for way in ways] == [False] * 5


KEYS = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}


@pytest.mark.parametrize("wraps", [False, True])
def test_a_client_that_was_given_keys_is_refused_on_an_open_way(
    wraps: bool, dask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "is_closed", lambda address: not address.startswith("tcp://127."))
    inner = S3Client("box", credentials=KEYS, endpoint_url="http://127.0.0.1:9", region="us-east-1")
    source = Place(prefixed(inner, "p") if wraps else inner, "box")
    _, target = by_their_steps(tmp_path)
    with pytest.raises(ConfigurationError, match="would travel to tcp://127") as caught:
        sync(source, target, executor=dask.get_executor(pure=False))
    assert "tls://" in caught.value.hint
    assert "s3cr3t" not in repr(caught.value)


def test_workers_with_another_version_are_named_before_anything(
    dask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "versions", lambda: versions.Versions("0.1", "3.99"))
    monkeypatch.setattr(cluster, "versions", versions.versions)
    source, target = in_ranges(tmp_path)
    fill(source, things(3))
    with pytest.raises(ConfigurationError, match=r"worker tcp://127.* has .* obs_client 0.1 on Python 3.99"):
        sync(source, target, executor=dask.get_executor(pure=False))
    assert contents(target) == {}


def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with (
        pytest.raises(ServiceError, match="no Dask scheduler to be reached"),
        cluster.dask_cluster("tcp://127.0.0.1:9"),
    ):
        pass
    with pytest.raises(ServiceError, match="no Dask scheduler to be reached"), cluster.dask_cluster("s3://what"):
        pass


def test_a_cluster_without_workers_is_waited_for_as_long_as_dask_is_told(tmp_path: Path) -> None:
    import dask.config
    from distributed import Client, LocalCluster

    source, target = in_ranges(tmp_path)
    with (
        dask.config.set({"distributed.scheduler.no-workers-timeout": "100 ms"}),
        LocalCluster(n_workers=0, processes=False, dashboard_address=None, host="127.0.0.1", protocol="tcp") as local,
        Client(local, set_as_default=False) as client,
        pytest.raises(TemporaryError, match="lost 5 times"),
    ):
        sync(source, target, executor=client.get_executor(pure=False))


def test_a_stop_says_what_may_still_run(dask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_ranges, "FIRST", Bounds(names=10))
    monkeypatch.setattr(by_ranges, "NEXT", Bounds(names=100))
    source, target = in_ranges(tmp_path)
    fill(source, things(1000))
    told = list[int]()

    def stop(size: int) -> None:
        told.append(size)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        sync(source, target, processes=2, executor=dask.get_executor(pure=False), progress=stop)
    (note,) = caught.value.__notes__
    assert note.endswith("may still run on the workers, and end by themselves in about a minute")
    assert "piece" in note
