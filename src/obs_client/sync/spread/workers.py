"""An executor as a few workers that may be lost, with what they had: it is given to others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent import futures
from types import TracebackType
from typing import Any, Self

from obs_client.errors import ConfigurationError, ObjectStorageClientError, TemporaryError

OUT = 3
"""Pieces for each worker that are out at once: those that run, and those that wait beside them."""

STILL_RUN = "{left} of the work may still run on the workers, and end by themselves in about a minute"

TRIES = 5
"""How often a piece is given out that was lost with its worker."""


@dataclasses.dataclass(slots=True)
class _Piece:
    key: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    tries: int = 0


class Workers:
    """Gives out pieces of work, no more at once than the workers need, and gives back what they come to.

    Args:
        executor: Gives the executor; asked again when it says that it is broken.
        slots: How many pieces it does at once.
        most: How many may be out; None: `OUT` for each.
    """

    def __init__(self, executor: Callable[[], futures.Executor], slots: int, most: int | None = None) -> None:
        self._make = executor
        self._executor = executor()
        self._most = OUT * slots if most is None else most
        self.slots = slots
        self._out: dict[futures.Future[Any], _Piece] = {}

    @property
    def out(self) -> int:
        """How many pieces are out."""
        return len(self._out)

    @property
    def are_full(self) -> bool:
        """Whether no more is to be given now."""
        return len(self._out) >= self._most

    def give(self, key: Any, function: Callable[..., Any], *arguments: Any) -> None:
        """Let a worker call a function of a module; the key comes back with the result."""
        self._give(_Piece(key, function, arguments))

    def next(self) -> tuple[Any, Any]:
        """The key of the piece that ends first, and what it comes to.

        Raises:
            ObjectStorageClientError: What the piece raised; none of another kind does, but is taken for a loss.
            TemporaryError: It was lost again and again.
        """
        while True:
            future = next(iter(futures.wait(self._out, return_when=futures.FIRST_COMPLETED).done))
            piece = self._out.pop(future)
            try:
                return piece.key, future.result()
            except ObjectStorageClientError:
                raise
            except (Exception, futures.CancelledError) as error:
                if piece.tries >= TRIES:
                    raise TemporaryError(
                        f"a piece of the work was lost {TRIES} times with the worker that had it: {error!r}"
                    ) from error
                self._give(piece)

    def _give(self, piece: _Piece) -> None:
        piece.tries += 1
        try:
            future = self._executor.submit(piece.function, *piece.arguments)
        except futures.BrokenExecutor:
            future = self._give_to_new(piece)
        self._out[future] = piece

    def _give_to_new(self, piece: _Piece) -> futures.Future[Any]:
        try:
            self._executor = self._make()
            return self._executor.submit(piece.function, *piece.arguments)
        except futures.BrokenExecutor as error:
            raise TemporaryError(f"the executor takes no more work: {error!r}") from error

    def drop(self) -> int:
        """Take back what has not begun; gives how many pieces may still run."""
        left = sum(not future.done() for future in self._out)
        for future in self._out:
            future.cancel()
        self._out.clear()
        return min(self.slots, left)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        left = self.drop()
        if left and error is not None:
            error.add_note(STILL_RUN.format(left="one piece" if left == 1 else f"up to {left} pieces"))


class Here(futures.Executor):
    """Does at once, in this thread, what it is given; what that raises goes out as it is."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> futures.Future[Any]:
        """Do it."""
        future = futures.Future[Any]()
        future.set_result(function(*arguments, **named))
        return future


def check_processes(count: int) -> None:
    """Refuse what is no count of processes."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ConfigurationError(f"processes must be a number, 1 or more, not {count!r}")
