"""What a user does, as the matrix plays it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from test.faults.matrix.bench import Bench

Step = Callable[[Bench], None]


BEGUN = ("seaweedfs", "swift", "keystone", "google")
"""Where a large object is begun by a request of its own, and what is left of one can be asked for."""


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: For the table.
        aim: The request that faults are for; see `Store.aimed`.
        run: Makes the call; raises `WrongResultError` if it gives or does what is wrong.
        prepare: Puts there what the call needs.
        after: Looks whether a call that raised left everything as it was.
        large: It is about an object of several parts.
        stores: The kinds of servers that have it.
    """

    name: str
    aim: str
    run: Step
    prepare: Step
    after: Step
    large: bool = False
    stores: tuple[str, ...] = ("seaweedfs", "swift", "keystone", "google", "azurite")
