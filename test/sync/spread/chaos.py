"""An executor that does what clusters do."""

from __future__ import annotations

import collections
import pickle
import random
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from obs_client.sync.spread.workers import TRIES


class Chaos(Executor):
    """Does in this thread what it is given: in another order, twice, or not at all, as a worker that is lost.

    No piece is lost as often as ends all, by chance, unless each is lost.
    """

    def __init__(self, seed: int, lost: float = 0.2, twice: float = 0.2) -> None:
        self._random = random.Random(seed)
        self._lost = lost
        self._twice = twice
        self._waiting: list[tuple[Future[Any], bytes]] = []
        self.losses = 0
        self._losses_of = collections.Counter[bytes]()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._waiting.append((future, pickle.dumps((function, arguments))))
        if len(self._waiting) > 3 or self._random.random() < 0.5:
            self._work()
        # Whoever waits for one waits for ever if the last were kept.
        while self._waiting and not any(future.done() for future, _ in self._waiting) and self._random.random() < 0.9:
            self._work()
        while self._waiting:
            self._work()
        return future

    def _work(self) -> None:
        future, call = self._waiting.pop(self._random.randrange(len(self._waiting)))
        function, arguments = pickle.loads(call)
        for _ in range(2 if self._random.random() < self._twice else 1):
            try:
                result = function(*arguments)
            except Exception as error:  # noqa: BLE001 - as an executor does
                future.set_exception(error)
                return
        may_be_lost = self._lost == 1 or self._losses_of[call] < TRIES - 1
        if may_be_lost and self._random.random() < self._lost:
            self.losses += 1
            self._losses_of[call] += 1
            future.set_exception(RuntimeError("the worker is gone"))
        else:
            future.set_result(pickle.loads(pickle.dumps(result)))
