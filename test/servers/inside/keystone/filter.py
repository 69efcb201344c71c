"""Keystone's filter for the proxy, fit for tokens that live for seconds."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any


def filter_factory(global_configuration: Mapping[str, str], **configuration: str) -> Any:
    """Give what the middleware's own factory gives.

    The proxy's own token counts as good until a second before its end. By default that is two minutes before, and with
    tokens shorter than that each request would log in anew, which takes longer than all the rest of it.
    """
    import_module("keystoneauth1.identity.base").BaseIdentityPlugin.MIN_TOKEN_LIFE_SECONDS = 1
    return import_module("keystonemiddleware.auth_token").filter_factory(global_configuration, **configuration)
