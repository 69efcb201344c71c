"""The URLs that people have for Azure, as the one that is ours: `azure://container/prefix?account_url=https://...`.

They are `az://` and `abfs://container/path` (fsspec, arrow), `abfss://container@account.dfs.core.windows.net/path`
(Hadoop, Spark), `https://account.blob.core.windows.net/container/path`, and Azurite's.
"""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, quote

from obs_client.errors import ConfigurationError

SCHEME = "azure"
ALIASES = ("az", "abfs", "abfss")

_DEVELOPMENT = "/devstoreaccount1"
"""How the paths begin at every emulator."""


def as_azure(parts: SplitResult) -> SplitResult:
    """The URL as one with the scheme `azure`, if it is one of Azure; any other as it is.

    Raises:
        ConfigurationError: It holds a SAS.
    """
    scheme, host = parts.scheme.lower(), parts.netloc
    if scheme in ("http", "https") and _is_of_account(host):
        found = _with_account(parts, f"{scheme}://{host}", parts.path)
    elif scheme in ("http", "https") and f"{parts.path}/".startswith(f"{_DEVELOPMENT}/"):
        found = _with_account(parts, f"{scheme}://{host}{_DEVELOPMENT}", parts.path[len(_DEVELOPMENT) :])
    elif scheme in ("abfs", "abfss") and host.count("@") == 1:
        container, _, account = host.partition("@")
        url = f"https://{account.replace('.dfs.', '.blob.', 1)}"
        found = _with_account(parts, url, f"/{container}{parts.path}")
    elif scheme in ALIASES:
        found = parts._replace(scheme=SCHEME)
    else:
        return parts
    if any(name == "sig" for name, _ in parse_qsl(parts.query)):
        raise ConfigurationError(
            "a storage URL must not contain credentials; pass the part after '?' (the SAS) as AZURE_STORAGE_SAS_TOKEN"
        )
    return found


def _is_of_account(host: str) -> bool:
    labels = host.lower().partition(":")[0].split(".")
    return len(labels) > 2 and labels[1] == "blob"


def _with_account(parts: SplitResult, account_url: str, path: str) -> SplitResult:
    container, _, prefix = path.removeprefix("/").partition("/")
    query = "&".join(filter(None, [f"account_url={quote(account_url, safe=':/')}", parts.query]))
    return SplitResult(SCHEME, container, f"/{prefix}" if prefix else "", query, "")
