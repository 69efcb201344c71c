"""Credentials: the known keys of the caller's mapping, or of the environment; never both, and never shown."""

from __future__ import annotations

import contextlib
import contextvars
import os
import re
from collections.abc import Iterator, Mapping
from typing import NoReturn

from obs_client.errors import ConfigurationError

_watcher: contextvars.ContextVar[list[Secret] | None] = contextvars.ContextVar("watcher", default=None)


class Secret:
    """Text that no `repr`, log, message or pickle shows; whoever sends it asks for it with `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself; keep it out of local variables."""
        watcher = _watcher.get()
        if watcher is not None:
            watcher.append(self)
        return self._value

    @staticmethod
    @contextlib.contextmanager
    def watched() -> Iterator[list[Secret]]:
        """The secrets that this thread reveals in the block."""
        found: list[Secret] = []
        before = _watcher.set(found)
        try:
            yield found
        finally:
            _watcher.reset(before)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")


class Credentials:
    """The keys of one source that begin with a known prefix; an empty value counts as not set.

    Attributes:
        anonymous: The caller gave an empty mapping: public data, without a login.
    """

    def __init__(self, given: Mapping[str, str] | None, *prefixes: str, source: str | None = None) -> None:
        """Keep what is known of the caller's mapping, or of the environment if there is none.

        Args:
            source: What a mapping was made of, for messages; None: the caller gave it.
        """
        if given is not None and not isinstance(given, Mapping):
            raise TypeError(f"credentials must be a mapping of str to str, not {type(given).__name__}")
        self._given = given is not None
        self._source = source
        read: Mapping[str, str] = os.environ if given is None else given
        self._values = {name: _secret(name, read[name]) for name in read if _is_known(name, prefixes)}
        self.anonymous: bool = given is not None and not given

    @property
    def source(self) -> str:
        """Where the keys come from, for messages."""
        return self._source or ("the credentials given" if self._given else "the environment")

    def get(self, *names: str) -> str | None:
        """The value of the first of these keys that is set."""
        secret = self.secret(*names)
        return None if secret is None else secret.reveal()

    def secret(self, *names: str) -> Secret | None:
        """The same, not to be shown."""
        return next((self._values[name] for name in names if self._values.get(name)), None)

    def check_lines(self, *names: str) -> None:
        """Raise `ConfigurationError` if a value that goes into a header cannot; the error names the key only."""
        for name in names:
            if re.search(r"[\x00-\x1f\x7f]", self.get(name) or ""):
                raise ConfigurationError(f"{name} in {self.source} has a line end or another control character within")

    @property
    def quoted(self) -> list[str]:
        """The keys whose values stand in quotes, which a shell takes off, and a file of Docker or systemd may keep."""
        return [name for name, secret in self._values.items() if re.fullmatch(r"""(?s)(["']).*\1""", secret.reveal())]

    def require(self, purpose: str, *choices: str) -> None:
        """Raise `ConfigurationError` unless one key of each choice is set; a choice is names joined by ` or `."""
        missing = [choice for choice in choices if self.secret(*choice.split(" or ")) is None]
        if missing:
            raise ConfigurationError(f"{purpose} lacks {', '.join(missing)} in {self.source}")

    def given(self) -> dict[str, str] | None:
        """What was kept of the caller's mapping, to make the same client elsewhere; None: nothing was given."""
        return {name: secret.reveal() for name, secret in self._values.items()} if self._given else None

    def __repr__(self) -> str:
        return f"<Credentials {', '.join(sorted(self._values)) or 'none'}>"


def _is_known(name: object, prefixes: tuple[str, ...]) -> bool:
    return isinstance(name, str) and name.startswith(prefixes)


def _secret(name: str, value: object) -> Secret:
    if not isinstance(value, str):
        raise TypeError(f"the value of {name} in credentials must be a str, not {type(value).__name__}")
    # What is mounted as a file, or was copied from a terminal, ends with a line end.
    return Secret(value.strip("\r\n"))


def forget_frames(error: BaseException) -> None:
    """Drop the frames of an exception and its causes: their variables hold passwords, tokens and contents."""
    seen: set[int] = set()
    chain: list[BaseException | None] = [error]
    while chain:
        each = chain.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = None
            chain += [each.__cause__, each.__context__]
