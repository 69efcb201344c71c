"""The mark by which a writer knows its own object again after an answer was lost."""

from __future__ import annotations

import dataclasses
import secrets

from obs_client.backend.values import NewObject


def add(new: NewObject) -> NewObject:
    """The same new object, marked with a random id."""
    marked = dataclasses.replace(new.attributes, write_id=secrets.token_hex(8))
    return dataclasses.replace(new, attributes=marked)
