"""How tests start the programs that are killed (`killing.py`) and stopped (`stopping.py`)."""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

from test.faults.stores.azure import AzureStore
from test.faults.stores.base import Store
from test.servers.environment import ROOT


def command(module: str, told: dict[str, Any]) -> list[str]:
    """The command of one of them."""
    return [sys.executable, "-m", f"test.faults.endurance.{module}", json.dumps(told)]


def environment() -> dict[str, str]:
    """Its environment, with the library and the tests of this tree."""
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONSAFEPATH": "1"}


def reach(store: Store, proxy_url: str | None = None) -> dict[str, Any]:
    """The kind and the options of its client, by way of a proxy if one is given."""
    credentials = dict(store.credentials)
    if store.label == "seaweedfs":
        return {"kind": "s3", "options": {"endpoint_url": proxy_url or store.endpoint, "credentials": credentials}}
    if store.label == "google":
        return {"kind": "gcs", "options": {"endpoint_url": proxy_url or store.endpoint, "credentials": credentials}}
    if isinstance(store, AzureStore):
        url = (proxy_url or store.endpoint) + store.base
        return {"kind": "azure", "options": {"account_url": url, "credentials": credentials}}
    url = (proxy_url + urlsplit(store.endpoint).path) if proxy_url else store.endpoint
    return {"kind": "swift", "options": {"storage_url": url, "credentials": credentials}}
