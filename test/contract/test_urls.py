"""Storage URLs: what they mean, and what is refused with which word."""

from __future__ import annotations

import importlib.metadata
import inspect
from pathlib import Path
from typing import Any

import pytest

import obs_client
from obs_client import ConfigurationError, LocalClient, MemoryClient, StorageUrl, from_url
from obs_client._urls.making import made_of
from test.cli.running import failed
from test.contract.plug_ins import PluginClient


@pytest.fixture(autouse=True)
def plug_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed entry points: a good one, one that takes a built-in scheme, and others that are broken or need more."""
    monkeypatch.setenv("ST_AUTH", "http://127.0.0.1:1/auth/v1.0")
    monkeypatch.setenv("ST_USER", "test:tester")
    monkeypatch.setenv("ST_KEY", "testing")
    original: Any = importlib.metadata.entry_points
    entries = importlib.metadata.EntryPoints(
        importlib.metadata.EntryPoint(name, value, "obs_client.backends")
        for name, value in (
            ("plug", "test.contract.plug_ins:PluginClient"),
            ("memory", "test.contract.plug_ins:PluginClient"),
            ("lost", "no_such_module:Client"),
            ("odd", "test.contract.plug_ins:NO_CLIENT"),
            ("needy", "test.contract.plug_ins:NeedyClient"),
            ("secret", "test.contract.plug_ins:SecretClient"),
            ("all", "test.contract.plug_ins:AllClient"),
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


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("path", "storage_path", "container_name", "prefix"),
    [
        ("/v1/AUTH_x", "/v1/AUTH_x", None, ""),
        ("/v1/AUTH_x/", "/v1/AUTH_x", None, ""),
        ("/swift/v1", "/swift/v1", None, ""),
        ("/swift/v1/AUTH_x/box", "/swift/v1/AUTH_x", "box", ""),
        ("/a/v1/AUTH_x/my%20box/some/pre%25fix/", "/a/v1/AUTH_x", "my box", "some/pre%fix/"),
    ],
)
def test_a_swift_storage_url_ends_after_its_account(
    scheme: str, path: str, storage_path: str, container_name: str | None, prefix: str
) -> None:
    place = StorageUrl.parse(f"{scheme}://host:8080{path}?region=one")
    found = (place.root, place.container_name, place.prefix)
    assert found == (f"{scheme}://host:8080{storage_path}", container_name, prefix)
    assert place.options == {"region": "one"}
    assert type(place.client()) is obs_client.SwiftClient
    assert place.client().container_name == container_name


def test_clients_of_the_vendors_are_made_without_a_request() -> None:
    client = from_url("s3://box?endpoint_url=http://127.0.0.1:1&region=eu-west-1&timeout=5")
    assert type(client) is obs_client.S3Client
    assert client.container_name == "box"
    with pytest.warns(RuntimeWarning, match="certificates are not checked"):
        assert type(from_url("swift:?region=one&verify=false")) is obs_client.SwiftClient
    assert StorageUrl.parse("s3://box/pre/fix").prefix == "pre/fix"


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
        ("https://host/v1", "account is missing"),
        ("https://host/v2/AUTH_x", "v1/AUTH_account"),
        ("https:///v1/AUTH_x", "v1/AUTH_account"),
        ("https://host/v1/AUTH_x?container_name=y", "in the path"),
        ("file://host/path", "absolute path"),
        ("file:relative", "absolute path"),
        ("file:///some/../root", "path that is meant"),
        ("memory:something", "just 'memory:'.*memory:.container_name="),
        ("memory:?colour=red", "unknown option 'colour'.*container_name"),
        ("swift://box?profile=work", "unknown option 'profile' in the URL; did you mean cloud\\?"),
        ("swift://box?part=1", "unknown option 'part'.*create_temp_url_key.*verify"),
        ("s3://box?part=1", "unknown option 'part'.*endpoint_url.*kms_key_id.*verify"),
        ("plug://box?part=1", "unknown option 'part'.*region.*retries.*timeout.*verify"),
        ("plug://box?options=1", "unknown option"),
        ("plug://box?container_name=other", "before the '\\?'"),
        ("plug://box?timeout=long", "timeout must be a number"),
        ("plug://box?region=a&region=b", "twice"),
        ("plug://box?region", "name=value"),
        ("plug:///prefix", "no container; did you mean plug://prefix, "),
        ("s3:album/folder", "no container; did you mean s3://album/folder, "),
        ("s3://box?endpoint=x", "did you mean endpoint_url\\? known are"),
        ("s3://box?endpoint_url=localhost", "http://host:port.*not .localhost."),
        ("https://host/bucket", "s3://container.endpoint_url=https://host"),
        ("memory:?anonymous=true", "unknown option .anonymous."),
        ("s3://box?anonymous=yes", "anonymous must be true or false"),
        ("lost://box", "cannot be imported"),
        ("odd://box", "not a subclass"),
        ("needy://box", "^the URL lacks \\?path=..., which the store needy: needs$"),
        ("needy://box?path=broken", "'needy' could not be made: RuntimeError: the disk is on fire"),
        ("secret://box", "'secret' needs password, which a URL cannot hold"),
        ("all://box", "'all' could not be made: .*'container_name'"),
        ("plugg://box", "this name; did you mean plug://\\? there are"),
        ("http://[::1", "not a storage URL"),
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


@pytest.mark.parametrize("name", ["root", "storage_url", "options"])
def test_a_plug_in_that_requires_what_no_url_sets_is_told_so(name: str) -> None:
    def make(**given: object) -> MemoryClient:
        return MemoryClient()

    parameter = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
    vars(make)["__signature__"] = inspect.Signature([parameter])
    with pytest.raises(ConfigurationError, match=f"requires {name}, which .* a default") as caught:
        made_of("plug", make, {})
    assert "lacks" not in str(caught.value)


def test_other_bad_input() -> None:
    with pytest.raises(TypeError, match="must be a str"):
        from_url(7)  # type: ignore[arg-type]
    with pytest.raises(obs_client.InvalidNameError):
        from_url("plug://a%2Fb")


def test_the_command_blames_the_url_or_the_plug_in() -> None:
    assert "obs: the URL lacks ?path=..., which" in failed(2, "ls", "needy://box")
    said = failed(2, "ls", "needy://box?path=broken")
    assert "could not be made: RuntimeError: the disk is on fire" in said
    assert "fault of obs" not in said
    assert from_url("needy://box?path=here").container_name == "box"


@pytest.mark.parametrize("url", ["s3://docs/{}", "https://host/v1/AUTH_a/docs/{}", "swift://docs/{}"])
def test_line_ends_and_tabs_in_a_url_are_the_names_own(url: str) -> None:
    for name in ("new\nline.txt", "a\r\nb", "\tx", "\n"):
        assert StorageUrl.parse(url.format(name)).prefix == name
    with pytest.raises(ConfigurationError):
        StorageUrl.parse(url.replace("://", "\n://"))


def test_line_ends_in_a_path_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "a\nb").mkdir()
    client = from_url(f"file://{tmp_path}/a\nb")
    assert isinstance(client, LocalClient)
    assert client.root == str(tmp_path / "a\nb")


@pytest.mark.parametrize("url", ["s3://docs/%ff", "https://host/v1/AUTH_a/docs/a%C3", "file:///%80"])
def test_bytes_that_are_no_text_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="no UTF-8"):
        StorageUrl.parse(url)


@pytest.mark.parametrize("url", ["s3://box/x?anonymous=true&region=one", "https://host/v1/AUTH_x/box?anonymous=true"])
def test_an_anonymous_url_uses_no_login_of_the_environment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary")
    assert StorageUrl.parse(url).options["credentials"] == {}
    assert StorageUrl.parse(url).client().container_name == "box"
    assert "credentials" not in StorageUrl.parse(url.replace("true", "false")).options


def test_an_endpoint_with_a_password_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_url("s3://box?endpoint_url=localhost@hunter2")
    assert "hunter2" not in str(caught.value)
