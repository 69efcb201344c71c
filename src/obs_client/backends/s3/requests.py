"""The requests of one region's client: directly where the vendor has shown how they look, else by the vendor.

The vendor's rules for endpoints, addressing, regions and signatures stay its own: its first request of each kind for a
container is compared with what would be made directly. If they are the same, the next ones are made directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from obs_client.backends.s3 import direct as s3_direct
from obs_client.backends.s3 import vendor as s3_vendor
from obs_client.backends.s3.direct import Request
from obs_client.backends.s3.signing import Signature

if TYPE_CHECKING:
    from obs_client.backend.body import Body

_ROUTES_MAXIMUM = 1000


class _Route(NamedTuple):
    """How requests of one kind for the objects of one container look; see `s3_direct.build`."""

    base: str
    agent: str
    signature: Signature


class Requests:
    """Makes requests and signs them; sends none. Many threads may share it.

    Args:
        client: The vendor's.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self._routes: dict[tuple[str, str], _Route] = {}

    def make(
        self, operation: str, params: dict[str, Any], headers: dict[str, str] | None, body: Body | bytes | None
    ) -> Request:
        """A signed request for a call of the vendor's client.

        Args:
            headers: Sent besides those that the parameters make.
            body: Sent in place of what the parameters make, None: just that.
        """
        route = self._routes.get((params.get("Bucket", ""), operation))
        made = s3_direct.build(route.base, route.agent, operation, params) if route else None
        if not route or not made:
            return self._prepare(operation, params, headers or {}, body)
        if headers:
            made.headers.update(headers)
        route.signature.sign(made.method, made.url, made.headers)
        return made

    def _prepare(
        self, operation: str, params: dict[str, Any], headers: dict[str, str], body: Body | bytes | None
    ) -> Request:
        prepared = s3_vendor.prepare(self.client, operation, params)
        request = prepared.request
        signature = prepared.signature
        if signature and operation in s3_direct.METHODS:
            self._learn(operation, params, request, signature)
        sent = {**request.headers, **headers}
        if not signature:
            return prepared.sign(sent, request.body if body is None else body)
        signature.sign(request.method, request.url, sent)
        return request._replace(headers=sent)

    def _learn(self, operation: str, params: dict[str, Any], request: Request, signature: Signature) -> None:
        base = request.url.partition("?")[0].removesuffix(s3_direct.quoted(params["Key"]))
        agent = request.headers.get("User-Agent", "")
        if s3_direct.build(base, agent, operation, params) == request:
            if len(self._routes) >= _ROUTES_MAXIMUM:
                self._routes.clear()
            self._routes[params["Bucket"], operation] = _Route(base, agent, signature)
