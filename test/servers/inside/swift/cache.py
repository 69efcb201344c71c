"""The proxy's cache, kept in its own process instead of in memcached."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

Application = Callable[[dict[str, Any], Any], Any]


class MemoryCache:
    """What Swift asks of its cache: values that come back as JSON would give them, until they expire."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, float]] = {}

    def get(self, key: str, **_: Any) -> Any:
        """Give a value, or None when there is none or its time is over."""
        text, expires = self._entries.get(key, ("null", 0.0))
        if expires and expires <= time.time():
            del self._entries[key]
            return None
        return json.loads(text)

    def set(self, key: str, value: Any, **options: Any) -> None:
        """Keep a value, for so many seconds as the option `time` says: 0 is for ever, less is not at all."""
        if isinstance(value, bytes):
            value = value.decode()  # Keystone's filter writes its own JSON
        seconds = float(options.get("time") or 0)
        if seconds < 0:
            self.delete(key)
        else:
            self._entries[key] = (json.dumps(value), time.time() + seconds if seconds else 0.0)

    def incr(self, key: str, delta: int = 1, **options: Any) -> int:
        """Add to a counter, which never falls below zero, and give its new value."""
        value = max(int(self.get(key) or 0) + delta, 0)
        self.set(key, value, **options)
        return value

    def decr(self, key: str, delta: int = 1, **options: Any) -> int:
        """Subtract from a counter."""
        return self.incr(key, -delta, **options)

    def delete(self, key: str, **_: Any) -> None:
        """Forget a value."""
        self._entries.pop(key, None)

    def set_multi(self, values: Mapping[str, Any], _server_key: str, **options: Any) -> None:
        """Keep several values."""
        for key, value in values.items():
            self.set(key, value, **options)

    def get_multi(self, keys: list[str], _server_key: str) -> list[Any]:
        """Give several values in the order of their keys."""
        return [self.get(key) for key in keys]


def filter_factory(_configuration: Mapping[str, str], **_: str) -> Callable[[Application], Application]:
    """Give the filter that shows the cache to those behind it."""
    cache = MemoryCache()

    def wrap(application: Application) -> Application:
        def serve(environment: dict[str, Any], start_response: Any) -> Any:
            environment["swift.cache"] = cache
            return application(environment, start_response)

        return serve

    return wrap
