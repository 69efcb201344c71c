"""A double of what Azure's logins speak: an authority's tokens for apps, and the managed identities of machines.

By Microsoft's pages "OAuth 2.0 client credentials flow", "How to use managed identities for App Service" and "How to
use managed identities on an Azure VM". Its tokens are such as Azurite takes, which looks at all of a token but its
signature.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from urllib.parse import parse_qs

from test.loopback.serving import Request, Response

SECRET = "canary-client-secret"
ASSERTION = "canary.federated.assertion"
HEADER = "canary-identity-header"
SCOPE = "https://storage.azure.com/.default"
RESOURCE = "https://storage.azure.com"


def token_text(life: float, number: int = 0) -> str:
    """A token that ends in so many seconds."""
    now = int(time.time())
    claims = {
        "aud": "https://storage.azure.com", "iss": "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
        "iat": now - 60, "nbf": now - 60, "exp": int(now + life), "oid": "an-oid", "tid": "a-tid", "number": number,
    }  # fmt: skip
    parts = [{"alg": "RS256", "typ": "JWT"}, claims]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*texts, "c2lnbmF0dXJl"])


class Identities:
    """Gives tokens.

    Attributes:
        url: Where it is, to be set once it is served.
        lives: Seconds that the next tokens last in truth, though they are said to last an hour; then an hour.
        failing: Statuses that are answered to the next requests for a token.
        given: The tokens that were given.
        asked: The path of each request for a token.
    """

    def __init__(self) -> None:
        self.url = ""
        self.lives: list[float] = []
        self.failing: list[int] = []
        self.given: list[str] = []
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def early(self, request: Request) -> Response | None:
        return None

    def respond(self, request: Request) -> Response:
        if request.path.endswith("/.well-known/openid-configuration"):
            tenant = f"{self.url}/{request.path.split('/')[1]}"
            return _json({
                "issuer": f"{tenant}/v2.0",
                "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
                "token_endpoint": f"{tenant}/oauth2/v2.0/token",
            })  # fmt: skip
        with self._lock:
            self.asked.append(request.path)
            if self.failing:
                return _json({"error": "temporarily_unavailable"}, self.failing.pop(0))
            return self._token(request)

    def _token(self, request: Request) -> Response:
        if request.path.endswith("/oauth2/v2.0/token"):
            return self._of_app({name: values[0] for name, values in parse_qs(request.body.decode()).items()})
        if request.query.get("resource") != RESOURCE:
            return _json({"error": "invalid_resource"}, 400)
        if request.path == "/msi/token" and request.header("x-identity-header") == HEADER:
            return self._give({"expires_on": str(int(time.time()) + 3600)})
        if request.path == "/metadata/identity/oauth2/token" and request.header("metadata") == "true":
            return self._give({"expires_in": "3600"})
        return _json({"error": "unauthorized_client", "error_description": "no such identity"}, 401)

    def _of_app(self, form: dict[str, str]) -> Response:
        assert (form["grant_type"], form["scope"]) == ("client_credentials", SCOPE), form
        if form.get("client_secret") == SECRET or form.get("client_assertion") == ASSERTION:
            return self._give({"expires_in": 3600})
        return _json({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}, 401)

    def _give(self, more: dict[str, object]) -> Response:
        self.given.append(token_text(self.lives.pop(0) if self.lives else 3600, len(self.given)))
        return _json({"token_type": "Bearer", "access_token": self.given[-1], "resource": RESOURCE, **more})


def _json(document: dict[str, object], status: int = 200) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(document).encode())
