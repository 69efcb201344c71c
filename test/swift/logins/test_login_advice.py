"""What a refused or misled login advises, with no server."""

from __future__ import annotations

import pytest
from keystoneauth1 import exceptions

from obs_client.backends.swift.access.failures import login_error
from obs_client.backends.swift.access.login import PREFIXES, Login
from obs_client.credentials import Credentials
from obs_client.errors import AuthorizationError, ConfigurationError

KEYS = {
    "ST_AUTH": "http://host/auth/v1.0",
    "ST_KEY": "a-secret",
    "OS_AUTH_URL": "http://host/v3",
    "OS_PASSWORD": "a-secret",
}
KINDS = [
    ("password", "OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME", "OS_AUTH_URL"),
    ("application credential", "OS_APPLICATION_CREDENTIAL_ID", "OS_AUTH_URL"),
    ("login by token", "OS_AUTH_TOKEN", "OS_AUTH_URL"),
    ("v1", "ST_USER and ST_KEY", "ST_AUTH"),
]


@pytest.mark.parametrize(("kind", "names", "place"), KINDS)
def test_a_login_names_what_to_check(kind: str, names: str, place: str) -> None:
    login = Login(kind, Credentials(KEYS, *PREFIXES))
    refused = login_error(exceptions.Unauthorized("no"), login)
    assert type(refused) is AuthorizationError
    assert names in refused.hint
    assert place in refused.hint
    for wrong in (exceptions.NotFound("Not Found"), exceptions.PreconditionFailed("Precondition Failed")):
        misled = login_error(wrong, login)
        assert type(misled) is ConfigurationError
        assert misled.hint.startswith(f"{place} is a URL as ")
        assert "not where one logs in" in str(misled)
    assert "a-secret" not in f"{refused}{misled}"
