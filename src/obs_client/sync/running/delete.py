"""The deletions of a sync, in batches; before each, both sides are asked once more."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

from obs_client._engine.border import Border
from obs_client._engine.parallel import bounded_map
from obs_client.errors import InvalidNameError, PartialFailureError
from obs_client.places import Place
from obs_client.sync.options import SyncOptions
from obs_client.sync.report import HOPELESS, Done, changed, failed
from obs_client.sync.sides import check_is_there, directory_of
from obs_client.sync.steps import Step, Version

IN_BULK = 4
"""Names of a batch for each worker, where a request deletes many."""

GONE_ALREADY = "gone from the target already"


class Deleter:
    """Deletes from the target what the source still lacks, and what is still what it was."""

    def __init__(self, source: Place, target: Place, options: SyncOptions) -> None:
        self._source = source
        self._target = target
        self._workers = options.workers
        self._dry_run = options.dry_run
        self._folders = directory_of(source) if options.folder_markers else None

    def delete(self, steps: Iterator[Step]) -> Iterator[Done]:
        """Do all steps; gives what became of each.

        Raises:
            ContainerNotFoundError: The source went away, container and all: it does not count as empty.
        """
        if self._dry_run:
            yield from (Done(step, "deleted", step.reason) for step in steps)
            return
        in_bulk = Border(self._target.client).capabilities.delete_batch_maximum > 1
        # Small, so that little time passes between asking and deleting; in bulk, asking takes the most of it anyway.
        size = IN_BULK * self._workers if in_bulk else self._workers
        while batch := list(itertools.islice(steps, size)):
            answers = list(bounded_map(self._ask, batch, self._workers, small=True))
            wanted = [step for step, done in zip(batch, answers, strict=True) if done is None]
            failures = self._delete([wanted] if in_bulk else [[step] for step in wanted]) if wanted else {}
            for step, done in zip(batch, answers, strict=True):
                error = failures.get(step.name)
                yield done or (failed(step, error) if error else Done(step, "deleted", step.reason))

    def _delete(self, groups: list[list[Step]]) -> dict[str, Exception]:
        """Delete what these steps say, a group by one request; gives the failures by name."""
        # Asked after its names, all of which a source that went away would lack.
        failures = _failures(lambda: check_is_there(self._source), itertools.chain(*groups))
        if not failures:
            for found in bounded_map(self._delete_group, groups, self._workers, small=True):
                failures |= found
        return failures

    def _delete_group(self, steps: list[Step]) -> dict[str, Exception]:
        target = self._target
        full_names = [target.full_name(step.name) for step in steps]
        try:
            return _failures(lambda: target.client.object_delete_many(full_names, target.container_name), steps)
        except PartialFailureError as error:
            return {name[len(target.prefix) :]: each for name, each in error.failures.items()}

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

    def _source_has(self, name: str) -> bool:
        full_name = self._source.full_name(name)
        try:
            info = self._source.client.object_info(full_name, self._source.container_name)
        except InvalidNameError:  # a name that the source cannot have, but for a folder of which it is the mark
            return self._folders is not None and name.endswith("/") and self._folders.has_folder(full_name)
        return info is not None


def _failures(call: Callable[[], object], steps: Iterable[Step]) -> dict[str, Exception]:
    """Make a call that is for all these steps; if it fails, each of them does."""
    try:
        call()
    except (*HOPELESS, PartialFailureError):
        raise
    except Exception as error:  # noqa: BLE001 - collected by name, none is dropped
        return {step.name: error for step in steps}
    return {}
