"""The only place that starts threads: a few workers, with a bound on what is in flight, that stop when nobody waits."""

from __future__ import annotations

import collections
import contextlib
import contextvars
import functools
import itertools
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from obs_client._engine import cores
from obs_client.backend import stopping

if TYPE_CHECKING:
    from concurrent import futures

Item = TypeVar("Item")
Result = TypeVar("Result")

READY_MAXIMUM = 1000
"""How many results may wait for one before them that takes longer."""


class WorkerPool(Generic[Item, Result]):
    """Runs one function in up to `workers` threads; gives the results in the order of submission.

    At the end of the `with` block nothing runs any more, however often it was interrupted: what has not begun is
    dropped, and what runs is told to stop, which takes `CHECK_INTERVAL` seconds or a little more.

    Args:
        small: The calls are small requests, whose threads are faster on one core (`cores`).
    """

    def __init__(self, function: Callable[[Item], Result], workers: int, *, small: bool = False) -> None:
        from concurrent import futures  # slow to load, and not needed by those who start no threads

        self._function = function
        self._wait = futures.wait
        self._stop = threading.Event()
        self._pinned = cores.pinned() if small else None
        self._executor = futures.ThreadPoolExecutor(workers, "obs_client", cores.freed())
        self._pending: collections.deque[futures.Future[Result]] = collections.deque()
        self._unfinished: set[futures.Future[Result]] = set()

    @property
    def pending(self) -> int:
        """How many calls were submitted whose results were not taken yet."""
        return len(self._pending)

    def submit(self, item: Item) -> None:
        """Start one call, with the caller's context variables; it is for the caller to keep `pending` within bounds."""
        future = self._executor.submit(contextvars.copy_context().run, self._run, item)
        self._unfinished.add(future)
        future.add_done_callback(self._unfinished.discard)
        self._pending.append(future)

    def result(self, seconds: float | None = None, while_waiting: Callable[[], object] | None = None) -> Result:
        """Wait for the oldest call; gives its result or raises its error. With a bound it waits even if it is stopped.

        Args:
            while_waiting: Called in this thread each `CHECK_INTERVAL` seconds of a wait without a bound.

        Raises:
            TimeoutError: It did not end within so many seconds (None: no bound).
        """
        future = self._pending.popleft()
        if seconds is None and (while_waiting or stopping.is_worker()):
            while not future.done():
                self._wait([future], stopping.CHECK_INTERVAL)
                stopping.check_stopped()
                if while_waiting:
                    while_waiting()
        return future.result(seconds)

    def _run(self, item: Item) -> Result:
        stopping.begin(self._stop)
        stopping.check_stopped()
        if self._pinned:
            return self._pinned.call(functools.partial(self._function, item))
        return self._function(item)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        """Wait until no thread runs, whatever interrupts; an interrupt goes out after that.

        Whoever leaves the block closes what the threads read and write by: a descriptor that is closed under them may
        be another connection's, or another file's, while they go on with it.
        """
        try:
            self._stop.set()
            self._executor.shutdown(wait=False, cancel_futures=True)
            # Not by joining threads: Python takes one that runs for ended if an interrupt came into its join.
            self._wait(list(self._unfinished))
            self._executor.shutdown(wait=True)
        except BaseException:
            self._end()
            raise


def bounded_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    while_waiting: Callable[[], object] | None = None,
    *,
    small: bool = False,
) -> Iterator[Result]:
    """The results of `function` for each item, in order, by up to `workers` threads; lazily, as they are asked for.

    Items are taken in the caller's thread, at most `workers` + 1 before their results. The first failure is raised at
    its place, after the calls that run have stopped. For one worker, or one item, no thread starts.

    Args:
        while_waiting: Called in the caller's thread each `CHECK_INTERVAL` seconds that it waits for a result: for this
            a thread starts always. What it raises goes out as a failure does.
        small: As of `WorkerPool`.
    """
    iterator = iter(items)
    head = list(itertools.islice(iterator, 2))
    if not while_waiting and (workers == 1 or len(head) < 2):
        yield from map(function, itertools.chain(head, iterator))
        return
    with WorkerPool(function, workers, small=small) as pool:
        for item in itertools.chain(head, iterator):
            if pool.pending >= workers:
                yield pool.result(while_waiting=while_waiting)
            pool.submit(item)
        while pool.pending:
            yield pool.result(while_waiting=while_waiting)


def mixed_map(
    at_once: Callable[[Item], Result | None],
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
) -> Iterator[Result]:
    """The results for each item, in order: those that `at_once` has in the caller's thread, else those of workers.

    To hand one over to a worker takes longer than many a result.
    """
    waiting: collections.deque[Result | None] = collections.deque()  # None: what the pool gives next
    with WorkerPool(function, workers) as pool:

        def first() -> Result:
            result = waiting.popleft()
            return pool.result() if result is None else result

        for item in items:
            result = at_once(item)
            if result is None:
                while pool.pending >= workers:
                    yield first()
                pool.submit(item)
            elif not waiting:
                yield result
                continue
            waiting.append(result)
            if len(waiting) > READY_MAXIMUM:
                yield first()
        while waiting:
            yield first()


@contextlib.contextmanager
def ended(items: Iterable[Item]) -> Iterator[Iterable[Item]]:
    """Items of which none is asked for after the block: a generator is closed, and the threads that it owns end.

    Without it they would last as long as the traceback of the exception that left the block.
    """
    try:
        yield items
    finally:
        if isinstance(items, Generator):
            items.close()


def within(call: Callable[[], Result], seconds: float) -> Result:
    """The result of a call that is stopped after so many seconds.

    Raises:
        TimeoutError: It did not end in time.
    """

    def run(_: None) -> Result:
        return call()

    with WorkerPool(run, 1) as pool:
        pool.submit(None)
        return pool.result(seconds)
