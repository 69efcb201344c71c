"""Named stores: a name is a scheme; what follows it is in the store; the file that holds keys is its owner's only."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from obs_client import ConfigurationError, LocalClient, Place, StorageUrl, from_url, stores
from obs_client.stores import NamedStore

KEYS = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": 'canary "\\\n\t é'}
SERVER = "s3://?endpoint_url=http://store.example&region=here"


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "conf" / "stores.toml"
    monkeypatch.setenv("OBS_STORES", str(path))
    return path


def test_a_name_is_a_scheme(tmp_path: Path) -> None:
    stores.add(NamedStore("work", f"file://{tmp_path}"))
    (tmp_path / "photos" / "2026").mkdir(parents=True)
    (tmp_path / "photos" / "2026" / "cat é").write_bytes(b"meow")
    client = from_url("work://photos")
    assert isinstance(client, LocalClient)
    assert client.object_read("2026/cat é") == b"meow"
    assert from_url("work://photos/2026").object_read("cat é") == b"meow"
    assert StorageUrl.parse("work://photos/2026/cat%20%C3%A9").prefix == "2026/cat é"
    assert Place.parse("work://photos/2026").prefix == "2026/"
    assert "photos" in [info.name for info in from_url("work://").container_list()]
    assert from_url("WORK://photos?attempts=2").options.attempts == 2


@pytest.mark.parametrize("own", ["s3://box/a", "s3://box/a/"])
def test_a_name_may_begin_in_a_container(own: str) -> None:
    stores.add(NamedStore("album", f"{own}?endpoint_url=http://store.example&attempts=3"))
    for url, prefix in (("album://", "a/"), ("album://x/y@z", "a/x/y@z"), ("album:///x", "a//x")):
        found = StorageUrl.parse(url)
        assert (found.scheme, found.container_name, found.prefix) == ("s3", "box", prefix)
    found = StorageUrl.parse("album://x?attempts=2&region=there")
    assert found.client_options == {"attempts": 2}
    assert found.options == {"endpoint_url": "http://store.example", "region": "there"}


def test_keys_may_be_kept_in_a_file_of_ones_own(file: Path) -> None:
    stores.add(NamedStore("work", SERVER, KEYS))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stores.read_stores()["work"].credentials == KEYS
    client = from_url("work://box")
    assert "X-Amz-Credential=mine%2F" in client.object_generate_download_url("a")
    shown = f"{StorageUrl.parse('work://box')!r} {stores.read_stores()!r} {client!r}"
    assert "canary" not in shown
    assert StorageUrl.parse("work://a").is_same_store(StorageUrl.parse("work://b"))
    assert not StorageUrl.parse("work://a").is_same_store(StorageUrl.parse(SERVER.replace("?", "a?")))


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o666])
def test_a_file_with_keys_that_others_can_read_is_refused(mode: int, file: Path) -> None:
    stores.add(NamedStore("work", SERVER, KEYS))
    file.chmod(mode)
    with pytest.raises(ConfigurationError, match="holds keys, and others can read it") as caught:
        from_url("work://box")
    assert "chmod 600" in caught.value.hint
    assert "canary" not in str(caught.value)
    file.chmod(0o600)
    stores.add(NamedStore("work", SERVER), replace=True)
    file.chmod(mode)
    assert StorageUrl.parse("work://box").credentials is None


def test_keys_that_others_can_read_are_in_the_way_of_their_own_store_only(file: Path) -> None:
    stores.add(NamedStore("work", SERVER, KEYS))
    stores.add(NamedStore("plain", SERVER))
    file.chmod(0o644)
    assert StorageUrl.parse("plain://box").container_name == "box"
    assert list(stores.read_stores()) == ["work", "plain"], "what is there can be looked at"
    with pytest.raises(ConfigurationError, match="no backend for scheme 'nothing'"):
        from_url("nothing://box")
    with pytest.raises(ConfigurationError, match="holds keys"):
        from_url("WORK://box")
    stores.add(NamedStore("third", "memory:"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert StorageUrl.parse("work://box").credentials == KEYS
    file.chmod(0o644)
    assert stores.remove("third")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_store_that_makes_no_sense_is_in_its_own_way_only(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('[broken]\nkey = "canary"\n[work]\nurl = "memory:"\n')
    assert StorageUrl.parse("work://box").scheme == "memory"
    for url, message in (("broken://box", "'broken'.* has no url"), ("nothing://box", "no backend for scheme")):
        with pytest.raises(ConfigurationError, match=message):
            from_url(url)
    with pytest.raises(ConfigurationError, match=r"'broken'.* has no url"):
        stores.read_stores()


@pytest.mark.parametrize("name", ["s3", "swift", "file", "memory", "https"])
def test_built_in_schemes_cannot_be_taken(name: str, file: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a URL scheme"):
        stores.add(NamedStore(name, "memory:"))
    file.parent.mkdir()
    file.write_text(f'[{name}]\nurl = "memory:"\n')
    assert StorageUrl.parse("s3://box").scheme == "s3"


@pytest.mark.parametrize("name", ["", "a", "Work", "1a", "a b", "a/b", "é1", "a:b"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match="not a name for a store"):
        NamedStore(name, "memory:")


def test_what_cannot_be_added(file: Path) -> None:
    stores.add(NamedStore("work", SERVER))
    for store, message in (
        (NamedStore("work", "memory:"), "already"),
        (NamedStore("other", "work://box"), "itself of a named store"),
        (NamedStore("other", "nothing://box"), "no backend for scheme 'nothing'"),
        (NamedStore("other", "s3://box?colour=red"), "unknown option"),
        (NamedStore("other", "s3://box?password=canary"), "must not contain credentials"),
        (NamedStore("other", "memory:", KEYS), "takes no credentials"),
        (NamedStore("other", "s3://box", {"AWS_ACCESS_KEY_ID": "x"}), "AWS_SECRET_ACCESS_KEY"),
    ):
        with pytest.raises(ConfigurationError, match=message) as caught:
            stores.add(store)
        assert "canary" not in str(caught.value)
    assert list(stores.read_stores()) == ["work"]


def test_stores_are_removed() -> None:
    stores.add(NamedStore("one", "memory:"))
    stores.add(NamedStore("two.three", "memory:"))
    assert stores.remove("one")
    assert not stores.remove("one")
    assert list(stores.read_stores()) == ["two.three"]
    with pytest.raises(ConfigurationError, match="no store has this name"):
        from_url("one://box")
    with pytest.raises(ConfigurationError, match=r"did you mean two\.three://"):
        from_url("two.thre://box")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[work\n", "no TOML"),
        ("work = 1\n", "'work'.* has no url"),
        ("[work]\nurl = 1\n", "'work'.* has no url"),
        ('[work]\nurl = "memory:"\nkey = "canary"\n', "no 'key'"),
        ('[work]\nurl = "memory:"\ncredentials = "canary"\n', "names with texts"),
        ('[other]\nurl = "work://x"\n[work]\nurl = "other://x"\n', "no storage URL of a scheme that there is"),
        ('[Work]\nurl = "memory:"\n', "not a name for a store"),
    ],
)
def test_a_file_that_makes_no_sense(text: str, message: str, file: Path) -> None:
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        from_url("work://box")
    assert "canary" not in str(caught.value)


def test_the_configuration_folder_of_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("OBS_STORES")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    assert stores.stores_path() == tmp_path / "own" / "obs_client" / "stores.toml"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert stores.stores_path() == tmp_path / ".config" / "obs_client" / "stores.toml"
    monkeypatch.setattr("sys.platform", "darwin")
    assert stores.stores_path() == tmp_path / "Library" / "Application Support" / "obs_client" / "stores.toml"


def test_a_file_that_is_a_link_stays_one(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    real = tmp_path / "real.toml"
    real.touch(0o600)
    os.symlink(real, file)
    stores.add(NamedStore("work", "memory:"))
    assert file.is_symlink()
    assert "work" in real.read_text()
