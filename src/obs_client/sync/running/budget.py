"""How much a sync may copy, and for how long, before it ends with the rest undone."""

from __future__ import annotations

import time

from obs_client.sync.options import SyncOptions
from obs_client.sync.steps import Step

ALONE = "this alone has"
"""In the reason for an end: the object is larger than all that may be copied, so that another sync ends there again."""


class Budget:
    """What is left of `max_transfer` and `max_duration`; the time begins now."""

    def __init__(self, options: SyncOptions) -> None:
        self._options = options
        self._taken = 0
        self._began = time.monotonic()

    def take(self, step: Step) -> str | None:
        """Count a copy that is to begin; why it may not, if so."""
        most, seconds = self._options.max_transfer, self._options.max_duration
        if seconds is not None and time.monotonic() - self._began >= seconds:
            return f"{seconds:g} seconds have passed, which max_duration allows"
        if most is not None and step.source_size > most:
            return f"max_transfer allows {most:,} bytes, {ALONE} {step.source_size:,}"
        if most is not None and self._taken + step.source_size > most:
            return f"max_transfer allows {most:,} bytes: {self._taken:,} were copied, this has {step.source_size:,}"
        self._taken += step.source_size
        return None
