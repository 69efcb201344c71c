"""The page of scale: its examples with real processes, and with a cluster of Dask's on loopback."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from test.docs.pages import blocks, run_blocks, text_of

PAGE = text_of("scale.md")
SCHEDULER = '"tls://scheduler.example.com:8786"'

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),  # Dask's
]


def test_the_examples(place: Path) -> None:
    from distributed import LocalCluster

    begin, executor, dask, ray, ledger = blocks(PAGE)
    assert "ray.init()" in ray
    names: dict[str, Any] = {"__name__": "page"}
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        host="127.0.0.1",
        protocol="tcp",
        local_directory=str(place / "dask"),
    ) as cluster:
        assert SCHEDULER in dask
        here = dask.replace(SCHEDULER, repr(cluster.scheduler_address))
        run_blocks([begin, executor, here, ledger], names)


def test_what_is_not_run_here_is_said_to_be_so_and_short() -> None:
    (ray,) = [block for block in blocks(PAGE) if "import ray" in block]
    ast.parse(ray)
    assert len(ray.splitlines()) <= 26
    assert "This is not tested here." in PAGE
