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
