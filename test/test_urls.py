"""Storage URLs: what they mean, and what is refused with which word."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import pytest

import obs_client
from obs_client import ConfigurationError, LocalClient, MemoryClient, StorageUrl, from_url


class PluginClient(MemoryClient):
    """A third party's store with options of every kind that a URL can carry."""

    def __init__(
        self,
        container_name: str | None = None,
        *,
        region: str | None = None,
        timeout: float = 60.0,
        retries: int = 3,
        verify: bool | str = True,
        temp_url_key: str | None = None,
    ) -> None:
        super().__init__(container_name)
        self.given = (region, timeout, retries, verify, temp_url_key)


@pytest.fixture(autouse=True)
def plug_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three installed entry points: a good one, one that takes a built-in scheme, and two that are broken."""
    original: Any = importlib.metadata.entry_points
    entries = importlib.metadata.EntryPoints(
        importlib.metadata.EntryPoint(name, value, "obs_client.backends")
        for name, value in (
            ("plug", "test.test_urls:PluginClient"),
            ("memory", "test.test_urls:PluginClient"),
            ("lost", "no_such_module:Client"),
            ("odd", "test.test_urls:pytest"),
        )
    )

    def entry_points(**wanted: Any) -> Any:
        ours = wanted.get("group") == "obs_client.backends"
        return entries.select(**wanted) if ours else original(**wanted)

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)


def test_a_file_url_is_a_root_whose_directories_are_containers(tmp_path: Path) -> None:
    (tmp_path / "with space").mkdir()
    for url in (f"file://{tmp_path}", f"file://{tmp_path}/", f"file://localhost{tmp_path}", f"FILE://{tmp_path}"):
        client = from_url(url)
        assert isinstance(client, LocalClient)
        assert [container.name for container in client.container_list()] == ["with space"]
        assert client.container_name is None
    client = from_url(f"file://{tmp_path}?container_name=with%20space")
    assert client.container_name == "with space"
    assert client.object_list() == []
    assert from_url(f"file://{tmp_path}/with%20space").container_list() == []


def test_a_memory_url_is_a_new_store() -> None:
    client = from_url("memory:")
    assert type(client) is MemoryClient, "a plug-in must not take over a built-in scheme"
    assert client.container_list() == []
    assert from_url("memory:?container_name=box").container_name == "box"


def test_a_plug_in_gets_its_container_and_typed_options() -> None:
    url = "plug://my%20box?region=eu&timeout=2.5&retries=7&verify=false"
    client = from_url(url)
    assert isinstance(client, PluginClient)
    assert client.container_name == "my box"
    assert client.given == ("eu", 2.5, 7, False, None)
    place = StorageUrl.parse("plug://box/some/pre%2Ffix?verify=/etc/ca.pem")
    assert (place.scheme, place.container_name, place.prefix) == ("plug", "box", "some/pre/fix")
    assert place.options == {"verify": "/etc/ca.pem"}
    assert place.client().container_name == "box"
    assert from_url("plug:").container_name is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "no scheme"),
        ("/some/path", "no scheme"),
        ("nothing://x", "no backend for scheme 'nothing'.*file:.*memory:.*plug:"),
        ("s3://box", "no backend for scheme 's3'"),
        ("file://host/path", "absolute path"),
        ("file:relative", "absolute path"),
        ("memory:something", "just 'memory:'"),
        ("memory:?colour=red", "unknown option 'colour'.*container_name"),
        ("plug://box?part=1", "unknown option 'part'.*region.*retries.*timeout.*verify"),
        ("plug://box?options=1", "unknown option"),
        ("plug://box?container_name=other", "before the '\\?'"),
        ("plug://box?timeout=long", "timeout must be a number"),
        ("plug://box?region=a&region=b", "twice"),
        ("plug://box?region", "name=value"),
        ("plug:///prefix", "no container"),
        ("plug://box/prefix", "prefix 'prefix'"),
        ("lost://box", "cannot be imported"),
        ("odd://box", "no subclass"),
        ("http://[::1", "no storage URL"),
    ],
)
def test_what_is_no_storage_url_is_refused(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        from_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "plug://user:hunter2@box",
        "plug://box?temp_url_key=hunter2",
        "plug://box?password=hunter2",
        "file://u:hunter2@/x",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="credentials") as caught:
        from_url(url)
    assert "hunter2" not in str(caught.value)


def test_other_bad_input() -> None:
    with pytest.raises(TypeError, match="must be a str"):
        from_url(7)  # type: ignore[arg-type]
    with pytest.raises(obs_client.InvalidNameError):
        from_url("plug://a%2Fb")
