"""Start the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..children import Children
from ..ports import listen, port_of


def start_google(children: Children, request: Mapping[str, Any]) -> dict[str, Any]:
    """Start the server and say how it is reached; its accounts are `member` and `stranger`."""
    listener = listen()
    url, keys = f"http://127.0.0.1:{port_of(listener)}", children.etc / "keys.json"
    children.start_module(
        "google.server", str(listener.fileno()), str(keys), str(request["token_life"]), listeners=[listener]
    )
    children.wait_until(keys.is_file, "the double of Google Cloud Storage")
    found = json.loads(keys.read_text())
    accounts = {
        name: {
            "credentials": {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(key), "GOOGLE_CLOUD_PROJECT": found["project"]},
            "s3_credentials": {},
        }
        for name, key in found["keys"].items()
    }
    return {"endpoint_url": url, "region": "auto", "accounts": accounts}
