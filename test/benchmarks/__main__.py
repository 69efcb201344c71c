"""`python -m test.benchmarks [name …]`: run all benchmarks, or those named."""

from __future__ import annotations

import sys
from collections.abc import Callable

from test.benchmarks import local

BENCHMARKS: dict[str, Callable[[], None]] = {
    "local-large": local.large_files,
    "local-small": local.small_files,
    "local-listing": local.listing,
    "local-pipe": local.pipe,
}


def main(names: list[str]) -> None:
    """Run benchmarks by name."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
