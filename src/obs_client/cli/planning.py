"""A plan that is made whole before it is done: so that deletions can be asked for, and the bar tells the time left."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from obs_client.cli.settings import Settings

if TYPE_CHECKING:
    from obs_client.sync import Step


@dataclasses.dataclass
class Planned:
    """Steps that are planned, and what they come to.

    Attributes:
        size: Bytes that they copy.
        deletions: How many names they delete.
        dropped: How many steps that leave a name as it is were left out.
    """

    steps: Iterator[Step]
    size: int = 0
    deletions: int = 0
    dropped: int = 0

    def counted(self, with_skips: bool) -> Iterator[Step]:
        """The steps, each of which is counted as it passes."""
        for step in self.steps:
            if step.action == "skip" and not with_skips:
                self.dropped += 1
                # The first passes all the same: it tells that the source is not empty.
                if self.dropped > 1:
                    continue
            elif step.action == "delete":
                self.deletions += 1
            elif step.action == "copy" and step.source is not None:
                self.size += step.source.size
            yield step


@contextlib.contextmanager
def planned_first(settings: Settings, steps: Iterable[Step], *, with_skips: bool) -> Iterator[Planned]:
    """The same steps, all of which are made by now; they are in a temporary file, since there may be millions."""
    import tempfile

    from obs_client.sync import read_steps, write_steps

    planned = Planned(iter(steps))
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        with settings.progress("comparing", lambda: None, stays=False):
            write_steps(planned.counted(with_skips), file)
        planned.dropped -= min(planned.dropped, 1)
        file.seek(0)
        planned.steps = read_steps(file)
        yield planned
