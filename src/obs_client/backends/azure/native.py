"""Azure's own client, for what this library does not do."""

from __future__ import annotations

import base64
from typing import Any

from obs_client._http.kit.calls.tokens import missing_package
from obs_client.backends.azure.login import Login


def blob_service_client(login: Login) -> Any:
    """A new `BlobServiceClient` for the same account.

    Raises:
        ConfigurationError: azure-storage-blob is not installed.
    """
    try:
        from azure.storage.blob import BlobServiceClient
    except ImportError as error:
        raise missing_package("azure-storage-blob", "azure-native", "AzureClient.native") from error
    return BlobServiceClient(login.endpoint, credential=_credential(login))


def _credential(login: Login) -> Any:
    if login.key:
        return {"account_name": login.account, "account_key": base64.b64encode(login.key.value).decode()}
    return login.sas.reveal() if login.sas else login.identity.credential() if login.identity else None
