"""The steps of a sync, as plain values and as JSON lines."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator
from typing import IO, Any, Literal

from obs_client.errors import ServiceError
from obs_client.models import ObjectInfo

Action = Literal["copy", "delete", "skip", "refuse"]

MARKER = "not in the target, where it marks a folder"
"""The reason of a copy of an object that stands for a folder."""

_ACTIONS = ("copy", "delete", "skip", "refuse")


@dataclasses.dataclass(frozen=True, slots=True)
class Version:
    """What a listing told of an object, as far as it did: `size` in bytes, hash, `last_modified` in epoch seconds."""

    size: int | None
    hash: str | None
    last_modified: float | None

    @classmethod
    def of(cls, info: ObjectInfo) -> Version:
        """The version that a store tells of."""
        return cls(info.size, info.hash, info.last_modified)

    def is_still(self, other: Version) -> bool:
        """Whether another answer of the same store tells of the same content; some give times in whole seconds."""
        if self.size != other.size or (self.hash and other.hash and self.hash != other.hash):
            return False
        if self.hash and other.hash:
            return True
        if self.last_modified is None or other.last_modified is None:
            return False
        difference = abs(self.last_modified - other.last_modified)
        whole = self.last_modified.is_integer() or other.last_modified.is_integer()
        return difference < 1 if whole else difference == 0


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One thing that a sync does, or leaves.

    Attributes:
        action: `copy` to the target, `delete` from it, or `skip`: it stays as it is. `refuse`: it cannot be done, or
            not even be looked at; it counts as a failure, and nothing is deleted then.
        name: Below the prefixes of both places.
        reason: Why, in a few words.
        source, target: What was there when it was planned; None: nothing, or it does not matter.
    """

    action: Action
    name: str
    reason: str
    source: Version | None = None
    target: Version | None = None

    @property
    def source_size(self) -> int:
        """Bytes of the source, as far as anything was told of it."""
        return (self.source.size or 0) if self.source else 0


def write_steps(steps: Iterable[Step], stream: IO[str]) -> int:
    """Write steps as JSON lines, and a last line by which a plan is seen to be whole; gives how many steps."""
    count = 0
    for step in steps:
        stream.write(json.dumps(_as_dict(step)) + "\n")
        count += 1
    stream.write(json.dumps({"action": "end", "steps": count}) + "\n")
    return count


def read_steps(lines: Iterable[str]) -> Iterator[Step]:
    """The steps that `write_steps` wrote, lazily.

    Raises:
        ServiceError: A line is no step, or the last line is missing: the plan is not whole.
    """
    count = 0
    for line in lines:
        try:
            row = json.loads(line)
            if row["action"] == "end":
                break
            step = _from_dict(row)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise ServiceError(f"line {count + 1} of the plan is not a step; make a new plan") from error
        count += 1
        yield step
    else:
        raise ServiceError(f"the plan breaks off after {count:,} steps; make a new plan")
    if row.get("steps") != count:
        raise ServiceError(f"the plan has {count:,} steps, its last line has {row.get('steps')}; make a new plan")


def _as_dict(step: Step) -> dict[str, Any]:
    row: dict[str, Any] = {"action": step.action, "name": step.name, "reason": step.reason}
    for side in ("source", "target"):
        version: Version | None = getattr(step, side)
        if version is not None:
            row[side] = {"size": version.size, "hash": version.hash, "last_modified": version.last_modified}
    return row


def _from_dict(row: dict[str, Any]) -> Step:
    if row["action"] not in _ACTIONS or not isinstance(row["name"], str) or not isinstance(row["reason"], str):
        raise ValueError("its action, name or reason is none")
    step = Step(row["action"], row["name"], row["reason"], _version(row.get("source")), _version(row.get("target")))
    needed = {"copy": step.source, "delete": step.target}
    if not step.name or needed.get(step.action, True) is None:
        raise ValueError("it has no name, or no version")
    return step


def _version(row: dict[str, Any] | None) -> Version | None:
    if row is None:
        return None
    tag = row["hash"]
    size, modified = row["size"], row["last_modified"]
    if not (isinstance(size, int | None) and isinstance(tag, str | None)):
        raise ValueError("a size or hash is none")  # noqa: TRY004 - of a line in a file, not of an argument
    if (size is not None and size < 0) or (modified is not None and not math.isfinite(float(modified))):
        raise ValueError("a size or time cannot be")
    return Version(size, tag, None if modified is None else float(modified))
