"""What one client knows of its server: by document, by an option, or by what it saw.

Servers that speak Swift's protocol leave some of it out without a word. So a condition or an answer on which content
depends is believed only where it is known to hold; where that cannot be told, the client looks for itself.
"""

from __future__ import annotations

from collections.abc import Callable

from obs_client.backend.learning import learned
from obs_client.models import EndpointFact, Origin, Outcome

OPENSTACK = "OpenStack's own Swift"
"""By the version in its `/info`; then all of the following hold, the marks in listings since version 2.18."""

CONDITIONS = "supports If-None-Match in a write"
"""Else a write with `if_absent` looks first whether the object is there."""

COPY_CONDITIONS = "supports If-Match and Range in a copy"
"""Else what was copied is looked at, and ranges that were not kept are read and written."""

LISTED_MANIFESTS = "marks large objects in listings"
"""Else `cleanup` looks at each object."""

TOLD_MANIFESTS = "reports the segments of a large object"
"""Else our own segments are known by the mark of their object, and no others are ever removed."""

TAGGED_MANIFESTS = "takes the tag of a large object with its manifest"
"""Else it is sent without, and the tag of the answer is compared."""

REQUEST_IDS = "names each request"
"""Else an answer is known to be the store's by what is in it."""

_OUTCOMES = {True: Outcome.HOLDS, False: Outcome.DOES_NOT_HOLD, None: Outcome.CANNOT_BE_TOLD}


class Facts:
    """The facts of one client, by their names; the newest counts.

    Args:
        place: Tells the storage URL, for the log.
    """

    def __init__(self, place: Callable[[], str]) -> None:
        self._place = place
        self._known: dict[str, EndpointFact] = {}

    def learn(self, name: str, holds: bool | None, origin: Origin = Origin.TRIAL, option: str | None = None) -> None:
        """Note whether something is so; None: that cannot be told."""
        fact = EndpointFact(name, _OUTCOMES[holds], origin, option)
        if self._known.get(name) != fact:
            self._known[name] = learned(fact, self._place())

    def hold(self, name: str) -> bool:
        """Whether something is known to be so."""
        return self._outcome(name) is Outcome.HOLDS

    def do_not_hold(self, name: str) -> bool:
        """Whether something is known not to be so."""
        return self._outcome(name) is Outcome.DOES_NOT_HOLD

    def all(self) -> tuple[EndpointFact, ...]:
        """All of them, by name."""
        return tuple(self._known[name] for name in sorted(self._known))

    def _outcome(self, name: str) -> Outcome | None:
        found = self._known.get(name)
        return None if found is None else found.outcome
