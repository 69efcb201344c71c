"""`python -m test.faults [--quick] [scenario or part of a cell's name ...]`: plays the matrix and prints it."""

from __future__ import annotations

import itertools
import logging
import sys

from test.faults.matrix.cells import Outcome
from test.faults.matrix.matrix import cells, playing, quick, table


def main(arguments: list[str]) -> int:
    """Play the cells whose names hold one of the arguments; gives the exit status."""
    logging.getLogger("obs_client").addHandler(logging.NullHandler())
    chosen = quick(cells()) if "--quick" in arguments else cells()
    wanted = [argument for argument in arguments if argument != "--quick"]
    chosen = [cell for cell in chosen if not wanted or any(text in cell.id for text in wanted)]
    outcomes: list[Outcome] = []
    for kind, group in itertools.groupby(chosen, lambda cell: cell.store):
        with playing(kind, [*group]) as played:
            for one in played.values():
                outcomes.append(one.result())
                if not outcomes[-1].good:
                    print(f"not as wanted: {outcomes[-1]}", file=sys.stderr, flush=True)
    print(table(outcomes))
    return 0 if outcomes and all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
