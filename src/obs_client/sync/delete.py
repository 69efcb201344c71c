"""The deletions of a sync, in batches; before each, both sides are asked once more."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from obs_client.errors import ContainerNotFoundError, InvalidNameError, PartialFailureError
from obs_client.parallel import bounded_map
from obs_client.sync.places import Place
from obs_client.sync.report import HOPELESS, Done, changed, failed
from obs_client.sync.steps import Step, Version

BATCH = 500
GONE_ALREADY = "gone from the target already"


class Deleter:
    """Deletes from the target what the source still lacks, and what is still what it was."""

    def __init__(self, source: Place, target: Place, workers: int, dry_run: bool) -> None:
        self._source = source
        self._target = target
        self._workers = workers
        self._dry_run = dry_run

    def delete(self, steps: Iterator[Step]) -> Iterator[Done]:
        """Do all steps; gives what became of each.

        Raises:
            ContainerNotFoundError: The source went away, container and all: it does not count as empty.
        """
        while batch := list(itertools.islice(steps, BATCH)):
            if self._dry_run:
                yield from (Done(step, "deleted", step.reason) for step in batch)
                continue
            self._check_source_is_there()
            wanted = []
            for step, done in zip(batch, bounded_map(self._ask, batch, self._workers), strict=True):
                if done is None:
                    wanted.append(step)
                else:
                    yield done
            yield from self._delete(wanted)

    def _delete(self, steps: list[Step]) -> Iterator[Done]:
        full_names = [self._target.full_name(step.name) for step in steps]
        failures: dict[str, Exception] = {}
        try:
            self._target.client.object_delete_many(full_names, self._target.container_name)
        except PartialFailureError as error:
            failures = error.failures
        for step, full_name in zip(steps, full_names, strict=True):
            error_of = failures.get(full_name)
            yield failed(step, error_of) if error_of else Done(step, "deleted", step.reason)

    def _ask(self, step: Step) -> Done | None:
        """None: the source still lacks the name, and the target is what it was; else what became of the step."""
        try:
            found = self._target.client.object_info(self._target.full_name(step.name), self._target.container_name)
            if found is None:
                return Done(step, "skipped", GONE_ALREADY)
            if step.target is None or not step.target.is_still(Version.of(found)):
                raise changed(step, "the target was replaced")
            if self._source_has(step.name):
                raise changed(step, "the source has it again")
        except HOPELESS:
            raise
        except Exception as error:  # noqa: BLE001 - collected by name, none is dropped
            return failed(step, error)
        return None

    def _check_source_is_there(self) -> None:
        container = self._source.container_name
        if self._source.client.container_info(container) is None:
            raise ContainerNotFoundError(
                f"the source {self._source} is gone; nothing more is deleted", container=container
            )

    def _source_has(self, name: str) -> bool:
        try:
            info = self._source.client.object_info(self._source.full_name(name), self._source.container_name)
        except InvalidNameError:
            return False  # a name that the source cannot have
        return info is not None
