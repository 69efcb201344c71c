"""Entries of `clouds.yaml` (and `secure.yaml`) as credentials, by openstacksdk's own loader.

It is imported when a client with a cloud is made, and nothing of the environment is mixed in but where the files are:
`OS_CLIENT_CONFIG_FILE` and `OS_CLIENT_SECURE_FILE`.
"""

from __future__ import annotations

import os
import warnings
from typing import Any, NamedTuple

from obs_client.credentials import Credentials
from obs_client.errors import ConfigurationError

_SERVICE = "object-store"


class Cloud(NamedTuple):
    """What an entry says.

    Attributes:
        credentials: By the environment's own names, with the region, the interface and the CA file.
        storage_url: In place of the catalogue's; None: the catalogue's.
        verify: False: certificates are not checked.
    """

    credentials: Credentials
    storage_url: str | None
    verify: bool


def read_cloud(name: str, region: str | None, *prefixes: str) -> Cloud:
    """An entry, whole.

    Args:
        region: One of the entry's; None: its first.
        prefixes: Of the names of credentials that are known.

    Raises:
        ConfigurationError: openstacksdk is not installed; or there is no such entry, or not all that it needs.
    """
    found = _found(name, region)
    verify, _ = found.get_requests_verify_args()
    values: dict[str, Any] = {key: value for key, value in found.config["auth"].items() if isinstance(value, str)}
    values |= {"auth_type": found.config["auth_type"], "interface": found.get_interface(_SERVICE)}
    values |= {"region_name": found.get_region_name(_SERVICE), "cacert": verify if isinstance(verify, str) else None}
    named = {f"OS_{key.upper()}": str(value) for key, value in values.items() if value}
    credentials = Credentials(named, *prefixes, source=f"the cloud {name!r}")
    return Cloud(credentials, found.get_endpoint(_SERVICE), verify is not False)


def _found(name: str, region: str | None) -> Any:
    try:
        from openstack.config import loader
    except ImportError as error:
        raise ConfigurationError(
            f"the cloud {name!r} is an entry of clouds.yaml, which the package openstacksdk reads: "
            f"pip install openstacksdk, or obs_client with the extra clouds ({error})"
        ) from error
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import SDKException

    try:
        with warnings.catch_warnings():
            # openstacksdk deprecates what it does itself here, and nobody asked for.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            return _entry(loader, name, region)
    except (SDKException, ClientException, TypeError) as error:  # the last for what a login takes no such option
        raise ConfigurationError(f"the cloud {name!r} of clouds.yaml is not usable: {error}") from None


def _entry(loader: Any, name: str, region: str | None) -> Any:
    config = loader.OpenStackConfig(
        config_files=_files("OS_CLIENT_CONFIG_FILE", loader.CONFIG_FILES),
        secure_files=_files("OS_CLIENT_SECURE_FILE", loader.SECURE_FILES),
        load_envvars=False,
    )
    _check_name(name, config)
    return config.get_one(cloud=name, **({"region_name": region} if region else {}))


def _files(variable: str, usual: list[str]) -> list[str]:
    named = os.environ.get(variable)
    return [named, *usual] if named else list(usual)


def _check_name(name: str, config: Any) -> None:
    if config.config_filename is None:
        raise ConfigurationError(
            f"there is no clouds.yaml that can be read, to look for the cloud {name!r} in: not here, not in "
            f"~/.config/openstack, not in /etc/openstack; OS_CLIENT_CONFIG_FILE names another file"
        )
    names = sorted(map(str, config.get_cloud_names()))
    if name not in names:
        raise ConfigurationError(
            f"there is no cloud {name!r} in {config.config_filename}; there are {', '.join(names)}"
        )
