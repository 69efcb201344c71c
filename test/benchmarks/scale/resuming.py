"""`python -m test.benchmarks.scale.resuming`: what it costs to note a transfer, on 1 GiB each way with a directory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from obs_client import LocalClient
from test.benchmarks.measuring import MIB, ratio

SIZE = 1024 * MIB
ROUNDS = 5


def main() -> None:
    """Print the ratios of CPU and wall time, with `resume` against without."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("OBS_BENCHMARK_FOLDER")) as folder:
        os.environ["OBS_TRANSFERS"] = str(Path(folder, "transfers"))
        source, target = Path(folder, "source"), Path(folder, "target")
        with source.open("wb") as stream:
            for _ in range(SIZE // MIB):
                stream.write(os.urandom(MIB))
        Path(folder, "store").mkdir()
        with LocalClient(Path(folder, "store")) as client:
            client.use_container("c", create=True)
            _tell("up", lambda resume: client.upload_file(source, "o", resume=resume))
            _tell("down", lambda resume: client.download_file("o", target, resume=resume))


def _tell(way: str, move: Callable[[bool], bool]) -> None:
    cpu, wall, seconds = ratio(lambda: move(True), lambda: move(False), ROUNDS, warm=True)
    print(f"{way:5} resume / without: CPU {cpu:.3f}, wall {wall:.3f} ({seconds:.2f} s of CPU)")


if __name__ == "__main__":
    main()
