"""What a probe found: findings, the options that follow from them, and the file that keeps both."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any, Self

from obs_client.errors import ConfigurationError
from obs_client.models import Outcome

FORMAT = 1
"""The version of the JSON; another one is refused."""

OWN_ADDRESSES = ("endpoint_url", "account_url")
"""Parameters of constructors that say where the store is."""

Option = bool | int | float | str
"""What an option in a URL can be."""


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """How one trial ended.

    Attributes:
        topic: What it belongs to: `conditions`, `names`, ...
        name: What was tried, as a short statement.
        outcome: Whether that is so.
        detail: By what this was seen, or why it cannot be told.
    """

    topic: str
    name: str
    outcome: Outcome
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class StoreProfile:
    """What a store can and cannot, as `probe` found it.

    Attributes:
        store: The name of the client's class: a profile is for no other.
        endpoint: The address of the store, without secrets; empty if it has none of its own.
        made: Epoch seconds.
        version: Of this library, when it was made.
        options: The parameters of the constructor that follow, with their values.
        findings: In the order of the trials.
    """

    store: str
    endpoint: str
    made: float
    version: str
    options: Mapping[str, Option]
    findings: tuple[Finding, ...]

    def outcome(self, topic: str, name: str) -> Outcome:
        """How a trial ended; `CANNOT_BE_TOLD` also if there was none of this name."""
        found = (each.outcome for each in self.findings if (each.topic, each.name) == (topic, name))
        return next(found, Outcome.CANNOT_BE_TOLD)

    def options_for(self, store: str, given: Mapping[str, object]) -> dict[str, Option]:
        """The options for a client of this class, but for those that are given.

        Raises:
            ConfigurationError: The profile is of another kind of store, or of another endpoint than the one given.
        """
        if store != self.store:
            raise ConfigurationError(f"the profile is of {self.store}, and this is {store}", hint=_MAKE_ONE)
        for name in OWN_ADDRESSES:
            known, wanted = self.options.get(name), given.get(name)
            if known and wanted and _same(known) != _same(wanted):
                raise ConfigurationError(
                    f"the profile is of {known}, and this is {wanted}: another server can do other things",
                    hint=_MAKE_ONE,
                )
        return {name: value for name, value in self.options.items() if name not in given}

    def to_json(self) -> str:
        """The profile as one line of JSON; it holds no secrets."""
        return json.dumps(self.to_record())

    def to_record(self) -> dict[str, Any]:
        """What `to_json` writes."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        findings = [dataclasses.asdict(finding) for finding in self.findings]
        return {"type": "profile", "format": FORMAT, **fields, "options": dict(self.options), "findings": findings}

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ConfigurationError: It is no profile, or one of another version of this format.
        """
        try:
            record = json.loads(text)
        except ValueError as error:
            raise ConfigurationError(f"this is not a profile of a store: it is not JSON ({error})") from error
        if not isinstance(record, dict) or record.get("type") != "profile":
            raise ConfigurationError("this is not a profile of a store", hint=_MAKE_ONE)
        if record.get("format") != FORMAT:
            raise ConfigurationError(f"this profile has the format {record.get('format')!r}, not 1", hint=_MAKE_ONE)
        try:
            return cls(
                _text(record["store"]),
                _text(record["endpoint"]),
                float(record["made"]),
                _text(record["version"]),
                _options(record["options"]),
                tuple(_finding(each) for each in record["findings"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(f"this profile of a store is incomplete: {error!r}", hint=_MAKE_ONE) from error


_MAKE_ONE = "obs probe --json URL > store.json makes one"


def read_profile(path: str) -> StoreProfile:
    """The profile in a file.

    Raises:
        ConfigurationError: There is no such file, or it is no profile.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not text"
        raise ConfigurationError(
            f"no profile can be read from {os.fspath(path)!r}: {reason}", hint=_MAKE_ONE
        ) from error
    try:
        return StoreProfile.from_json(text)
    except ConfigurationError as error:
        raise ConfigurationError(f"{os.fspath(path)!r}: {error.args[0]}", hint=error.hint) from error


def _finding(record: Mapping[str, Any]) -> Finding:
    return Finding(
        _text(record["topic"]), _text(record["name"]), Outcome(record["outcome"]), _text(record.get("detail", ""))
    )


def _options(record: object) -> dict[str, Option]:
    if not isinstance(record, dict) or not all(isinstance(value, Option) for value in record.values()):
        raise TypeError("options must be words with plain values")
    return record


def _same(url: object) -> str:
    return str(url).rstrip("/").lower()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} must be a text")
    return value
