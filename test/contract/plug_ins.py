"""What entry points of third parties lead to."""

from __future__ import annotations

from obs_client import MemoryClient

NO_CLIENT = "something else"


class PluginClient(MemoryClient):
    """A third party's store with options of every kind that a URL can carry."""

    def __init__(
        self,
        container_name: str | None = None,
        *,
        region: str | None = None,
        timeout: float = 60.0,
        retries: int = 3,
        verify: bool | str = True,
        temp_url_key: str | None = None,
    ) -> None:
        super().__init__(container_name)
        self.given = (region, timeout, retries, verify, temp_url_key)


class NeedyClient(MemoryClient):
    """A third party's store that cannot be made without an option, and not with every value of it."""

    def __init__(self, path: str, container_name: str | None = None) -> None:
        if path == "broken":
            raise RuntimeError("the disk is on fire")
        super().__init__(container_name)


class SecretClient(MemoryClient):
    """A third party's store that cannot be made without a secret."""

    def __init__(self, password: str, container_name: str | None = None) -> None:
        super().__init__(container_name)


class AllClient(MemoryClient):
    """A third party's store that has no containers to choose from."""

    def __init__(self) -> None:
        super().__init__(None)
