"""Where the requests of one client go and who signs them: found here where that is plain, else by botocore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from obs_client._http.kit.fork import ForkLock
from obs_client.backends.s3.endpoints import (
    DEFAULT_REGION,
    Experience,
    Route,
    amazon_endpoint,
    experience_of,
    is_amazon,
    is_plain_container,
    is_possible,
    url_in,
)
from obs_client.backends.s3.settings import Settings
from obs_client.backends.s3.signing import Signature, Signer
from obs_client.errors import InvalidNameError

if TYPE_CHECKING:
    from obs_client.backends.s3.sdk import Sdk

ROUTES_MAXIMUM = 1000


class Routes:
    """The routes of a client, by container and operation.

    Where keys and endpoint are plain, botocore is not even imported.

    Attributes:
        renewals: How often keys were asked for again before their time.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = ForkLock()
        self._sdk: Sdk | None = None
        self._endpoint: str | None = None
        self._signatures: dict[str, Signature] = {}
        self._found: dict[tuple[str | None, str], Route] = {}
        self._place: tuple[str, str] | None = None
        self._is_amazon: bool | None = None
        self._signs_payload: bool | None = None
        self.renewals: int = 0

    def __len__(self) -> int:
        return len(self._found)

    @property
    def endpoint(self) -> str:
        """The URL of the service, without a slash at its end."""
        if self._endpoint is None:
            self._endpoint = self._find_endpoint().rstrip("/")
        return self._endpoint

    @property
    def is_amazon(self) -> bool:
        """Whether this is Amazon's S3 itself."""
        if self._is_amazon is None:
            self._is_amazon = is_amazon(self.endpoint)
        return self._is_amazon

    @property
    def experience(self) -> Experience:
        """What this process knows of the endpoint."""
        return experience_of(self.endpoint)

    def of(self, operation: str, container: str | None) -> Route:
        """The route of an operation on a container.

        Raises:
            InvalidNameError: There can be no such container.
        """
        found = self._found.get((container, operation))
        if found is None:
            if len(self._found) >= ROUTES_MAXIMUM:
                self._found.clear()
            found = self._found[container, operation] = self._find(operation, container)
        return found

    def may_lead_into(self, container: str) -> bool:
        """Whether the endpoint's URL may name the container already, so that it is to be asked whether it does."""
        if self._place is None:
            parts = urlsplit(self.endpoint)
            self._place = parts.path, parts.hostname or ""
        path, host = self._place
        return bool(path) or host.startswith(f"{container.lower()}.")

    def move(self, container: str, region: str) -> None:
        """Note that a container is in another region than where it was looked for."""
        self.experience.regions[container] = region
        self._found.clear()

    def native(self) -> Any:
        """botocore's client."""
        return self._botocore().client()

    def find_verify(self) -> bool | str:
        """The path of a CA file, or whether certificates are checked."""
        return self._settings.find_verify() if self._settings.is_plain() else self._botocore().find_verify()

    def signs_payload(self) -> bool:
        """Whether signatures cover bodies: by option, or by the profile."""
        if self._signs_payload is None:
            chosen = self._settings.choices.sign_payload
            if chosen is None and not self._settings.is_plain():
                chosen = self._botocore().signs_payload()
            self._signs_payload = bool(chosen)
        return self._signs_payload

    def renew_keys(self, seen: int) -> bool:
        """Ask for keys again, though those that were used should still hold; False: there are no others.

        Args:
            seen: The count of `renewals` when those were used: another thread may have asked since.
        """
        if self._settings.is_plain() or seen != self.renewals:
            return seen != self.renewals
        if not self._botocore().renew_keys():
            return False
        self._found.clear()
        self.renewals += 1
        return True

    def _find(self, operation: str, container: str | None) -> Route:
        if container is not None and not is_possible(container):
            raise InvalidNameError(f"S3 has no container {container!r}: no such name can be", container=container)
        settings = self._settings
        region = self.experience.regions.get(container) if container else None
        if not settings.is_plain() or (container is not None and not is_plain_container(container)):
            return self._botocore().route(operation, container, region)
        region = region or settings.find_region() or DEFAULT_REGION
        endpoint = settings.find_endpoint()
        virtual = settings.addressing_style == "virtual" if endpoint else settings.addressing_style != "path"
        return Route(url_in(endpoint or amazon_endpoint(region), container, virtual), self._signer(region), region)

    def _signer(self, region: str) -> Signer | None:
        """One for all containers of a region, so that they share the key of the day."""
        if self._settings.anonymous:
            return None
        if region not in self._signatures:
            keys = self._settings.fixed_keys()
            self._signatures[region] = Signature(region, "s3", lambda: keys)
        return self._signatures[region]

    def _find_endpoint(self) -> str:
        if not self._settings.is_plain():
            return str(self.native().meta.endpoint_url)
        return self._settings.find_endpoint() or amazon_endpoint(self._settings.find_region() or DEFAULT_REGION)

    def _botocore(self) -> Sdk:
        if self._sdk is None:
            from obs_client.backends.s3.sdk import Sdk

            with self._lock:
                self._sdk = self._sdk or Sdk(self._settings)
        return self._sdk
