"""The only place that starts threads: a few workers, with a bound on what is in flight."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerPool(Generic[Item, Result]):
    """Runs one function in up to `workers` threads; gives the results in the order of submission.

    At the end of the `with` block nothing runs any more; what had not begun by then is dropped.
    """

    def __init__(self, function: Callable[[Item], Result], workers: int) -> None:
        self._function = function
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="obs_client")
        self._pending: collections.deque[Future[Result]] = collections.deque()

    @property
    def pending(self) -> int:
        """How many calls were submitted whose results were not taken yet."""
        return len(self._pending)

    def submit(self, item: Item) -> None:
        """Start one call; it is for the caller to keep `pending` within bounds."""
        self._pending.append(self._executor.submit(self._function, item))

    def result(self) -> Result:
        """Wait for the oldest call; gives its result or raises its error."""
        return self._pending.popleft().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)


def bounded_map(function: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """The results of `function` for each item, in order, by up to `workers` threads; lazily, as they are asked for.

    Items are taken in the caller's thread, at most `workers` + 1 before their results. The first failure is raised at
    its place, after the calls that run have ended. For one worker, or one item, no thread starts.
    """
    iterator = iter(items)
    head = list(itertools.islice(iterator, 2))
    if workers == 1 or len(head) < 2:
        yield from map(function, itertools.chain(head, iterator))
        return
    with WorkerPool(function, workers) as pool:
        for item in itertools.chain(head, iterator):
            if pool.pending >= workers:
                yield pool.result()
            pool.submit(item)
        while pool.pending:
            yield pool.result()
