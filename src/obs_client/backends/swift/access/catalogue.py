"""Which of a catalogue's endpoints is meant: that of a region and an interface, and never one of several by chance."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from obs_client.errors import ConfigurationError

SERVICE = "object-store"

_URL = "URL"


def find_endpoint(catalogue: Any, interface: str, region: str | None) -> str:
    """The storage URL in a catalogue of keystoneauth1.

    Args:
        interface: `public`, `internal` or `admin`, also in the old form `publicURL`.
        region: None: there is but one.

    Raises:
        ConfigurationError: There is none, or several are as good; the message names those there are.
    """
    interface = interface.removesuffix(_URL)
    offered = [each for found in catalogue.get_endpoints_data(service_type=SERVICE).values() for each in found]
    if not offered:
        raise _no_store(catalogue)
    by_interface = [each for each in offered if str(each.interface).removesuffix(_URL) == interface]
    if not by_interface:
        raise ConfigurationError(
            f"the object store has no {interface} endpoint; it has {_listed(each.interface for each in offered)}",
            hint="OS_INTERFACE chooses one",
        )
    return _of_region({str(each.region_name): str(each.catalog_url) for each in reversed(by_interface)}, region)


def _of_region(urls: dict[str, str], region: str | None) -> str:
    hint = "region=... or OS_REGION_NAME chooses one"
    if region is not None and region not in urls:
        raise ConfigurationError(
            f"the object store has no endpoint in the region {region!r}; it has one in {_listed(urls)}", hint=hint
        )
    if region is None and len(set(urls.values())) > 1:
        raise ConfigurationError(
            f"the object store has endpoints in several regions, and none of them is chosen: {_listed(urls)}", hint=hint
        )
    chosen = region if region is not None else next(iter(urls))
    logging.getLogger("obs_client").debug("the object store of the region %r: %s", chosen, urls[chosen])
    return urls[chosen]


def _no_store(catalogue: Any) -> ConfigurationError:
    types = _listed(str(service.get("type")) for service in catalogue.normalize_catalog())
    return ConfigurationError(
        f"the project has no object store: its catalogue lists {types or 'nothing'}",
        hint="look whether the project is the right one; storage_url=... (OS_STORAGE_URL) needs no catalogue",
    )


def _listed(names: Iterable[object]) -> str:
    return ", ".join(sorted(set(map(str, names))))
