"""Steps go out in groups, as they are planned here: for stores that list out of order, and for directories."""

from __future__ import annotations

import collections
from types import TracebackType
from typing import Self

from obs_client.sync.report import Done
from obs_client.sync.spread.work import Job, Outcomes, do_steps
from obs_client.sync.spread.workers import OUT, Workers
from obs_client.sync.steps import Step

STEPS = 250
SIZE = 64 * 1024 * 1024
"""Steps of a group, and bytes of their objects after which it ends."""


class Groups:
    """Takes steps as a pool of threads does, and gives them to the workers in groups; the results come in order."""

    def __init__(self, job: Job, workers: Workers, *, ask: bool) -> None:
        self._job = job
        self._workers = workers
        self._ask = ask
        self.ahead: int = (OUT * workers.slots + 1) * STEPS
        self.in_flight: int = (OUT * workers.slots + 1) * SIZE
        self._group: list[Step] = []
        self._size = 0
        self._steps: collections.deque[list[Step]] = collections.deque()  # of the groups that are out, or came back
        self._first = 0  # the number of the oldest of them
        self._back: dict[int, Outcomes] = {}
        self._ended: collections.deque[Done] = collections.deque()

    @property
    def pending(self) -> int:
        """How many steps are in it."""
        return len(self._ended) + sum(map(len, self._steps)) + len(self._group)

    def submit(self, step: Step) -> None:
        """Take a step; the group goes out when it is large enough."""
        self._group.append(step)
        self._size += step.source_size
        if len(self._group) >= STEPS or self._size >= SIZE:
            self._send()

    def result(self) -> Done:
        """Wait for the oldest step; gives what became of it."""
        if not self._ended:
            if not self._steps:
                self._send()
            while self._first not in self._back:
                number, outcomes = self._workers.next()
                self._back[number] = outcomes
            self._ended.extend(self._back.pop(self._first).of(self._steps.popleft()))
            self._first += 1
        return self._ended.popleft()

    def _send(self) -> None:
        number = self._first + len(self._steps)
        self._workers.give(number, do_steps, self._job, self._group, self._ask)
        self._steps.append(self._group)
        self._group, self._size = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._workers.drop()
