"""What objects carry beside their content, checked once and before any request: metadata and headers."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Self

from obs_client._engine.arguments import check_new_object_name, check_text
from obs_client.backend import content_types
from obs_client.backend.values import WRITE_ID_KEY
from obs_client.errors import InvalidNameError
from obs_client.models import METADATA_KEY_CHARACTERS, Attributes, Capabilities

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HEADER = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


@dataclasses.dataclass(frozen=True, slots=True)
class Headers:
    """The headers of an object as a caller gave them; None: not given."""

    content_type: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    cache_control: str | None = None

    @classmethod
    def of(cls, attributes: Attributes) -> Self:
        """Those among all that an object carries."""
        return cls(
            attributes.content_type,
            attributes.content_encoding,
            attributes.content_disposition,
            attributes.content_language,
            attributes.cache_control,
        )

    def check(self) -> None:
        """Refuse what is no value of a header."""
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None:
                _check_header(name, value)


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """What one store keeps of metadata.

    Attributes:
        sent: The metadata as the store is sent it, which is what its limits count.
    """

    capabilities: Capabilities
    sent: Callable[[Mapping[str, str]], Mapping[str, str]]

    def attributes(self, object_name: str, metadata: Mapping[str, str] | None, headers: Headers) -> Attributes:
        """What a new object carries, with its content type guessed from the name where none is given."""
        check_new_object_name(object_name, self.capabilities)
        checked = {} if metadata is None else self.metadata(metadata)
        headers.check()
        kind = headers.content_type
        return Attributes(
            content_type=content_types.guess_content_type(object_name) if kind is None else kind,
            metadata=checked,
            content_encoding=headers.content_encoding,
            content_disposition=headers.content_disposition,
            content_language=headers.content_language,
            cache_control=headers.cache_control,
        )

    def metadata(self, metadata: Mapping[str, str]) -> dict[str, str]:
        """The metadata with lower-case keys; refuses keys and values that the store would change or lose."""
        if not isinstance(metadata, Mapping):
            raise TypeError(f"metadata must be a mapping of str to str, not {type(metadata).__name__}")
        if not metadata:
            return {}
        checked: dict[str, str] = {}
        for given, value in metadata.items():
            key = self.key(given)
            if key in checked:
                raise InvalidNameError(f"two metadata keys become {key!r} in lower case; use one of them")
            self._check_value(key, value)
            checked[key] = value
        self._check_size(checked)
        return checked

    def key(self, key: str) -> str:
        """The key in lower case; refuses one that the store cannot keep."""
        if not isinstance(key, str):
            raise TypeError(f"a metadata key must be a str, not {type(key).__name__}")
        lowered = key.lower() if key.isascii() else key
        if not lowered or not set(lowered) <= set(METADATA_KEY_CHARACTERS):
            raise InvalidNameError(f"metadata key {key!r}: only letters a-z, digits, '-' and '_' work in every store")
        if odd := sorted(set(lowered) - set(self.capabilities.metadata_key_characters)):
            raise InvalidNameError(f"metadata key {key!r}: this store drops keys with {odd[0]!r}; use '-'")
        if lowered == WRITE_ID_KEY:
            raise InvalidNameError(f"metadata key {key!r} is used by this library itself; choose another")
        return lowered

    def _check_value(self, key: str, value: str) -> None:
        what = f"the value of metadata key {key!r}"
        if not isinstance(value, str):
            raise TypeError(f"{what} must be a str, not {type(value).__name__}")
        check_text(value, what)
        if found := _CONTROL.search(value):
            raise InvalidNameError(
                f"{what} holds the control character {found[0]!r}; encode it, e.g. with urllib.parse"
            )
        if value != value.strip() and not self.capabilities.metadata_blank_edges:
            raise InvalidNameError(f"{what} begins or ends with a blank, which this store drops")

    def _check_size(self, metadata: Mapping[str, str]) -> None:
        limits, total = self.capabilities, 0
        _check_limit("the metadata", len(metadata), limits.metadata_count_maximum, "keys")
        for key, value in self.sent(metadata).items():
            size = len(value.encode())
            total += len(key) + size
            _check_limit(f"metadata key {key!r}", len(key), limits.metadata_key_maximum, "bytes")
            _check_limit(f"the value of metadata key {key!r}", size, limits.metadata_value_maximum, "bytes")
        _check_limit(
            "the metadata",
            total,
            limits.metadata_total_maximum,
            "bytes in all as it is sent (letters beyond ASCII may take more)",
        )


def _check_limit(what: str, found: int, maximum: int | None, unit: str) -> None:
    if maximum is not None and found > maximum:
        raise InvalidNameError(f"{what} has {found:,} {unit}; this store keeps at most {maximum:,}")


def _check_header(name: str, value: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not _HEADER.fullmatch(value):
        raise InvalidNameError(
            f"{name} {value!r}: must be printable ASCII, not empty, with no blank at its ends (RFC 9110, 5.5); "
            f"for a file name in other letters see filename* in RFC 6266"
        )
