"""A profile as a value, as a file, and in a URL."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from obs_client import ConfigurationError, Outcome, StorageUrl
from obs_client.probing import Finding, StoreProfile, read_profile

ENDPOINT = "http://store.example:9000"
FINDINGS = (
    Finding("conditions", "a write if the name is free", Outcome.HOLDS),
    Finding("names", "a/b beside a", Outcome.DOES_NOT_HOLD, "'a/b' is refused: \x1b[31m\n"),
    Finding("TLS", "the way to the store is encrypted", Outcome.CANNOT_BE_TOLD, "ä€"),
)
PROFILE = StoreProfile(
    "S3Client",
    ENDPOINT,
    1_790_000_000.5,
    "0.1.0",
    {"endpoint_url": ENDPOINT, "conditional_writes": True, "checksums": False, "timeout": 30},
    FINDINGS,
)


def saved(directory: Path, profile: StoreProfile = PROFILE, name: str = "store.json") -> Path:
    path = directory / name
    path.write_text(profile.to_json(), encoding="utf-8")
    return path


def options_of(url: str) -> dict[str, object]:
    return dict(StorageUrl.parse(url).options)


def test_a_profile_comes_back_from_its_json() -> None:
    text = PROFILE.to_json()
    assert "\n" not in text
    assert StoreProfile.from_json(text) == PROFILE
    assert json.loads(text)["options"] == dict(PROFILE.options)


def test_outcomes_are_found_by_topic_and_name() -> None:
    assert PROFILE.outcome("names", "a/b beside a") is Outcome.DOES_NOT_HOLD
    assert PROFILE.outcome("conditions", "a/b beside a") is Outcome.CANNOT_BE_TOLD


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is not JSON"),
        ("[]", "not a profile of a store"),
        ('{"type": "report"}', "not a profile of a store"),
        ('{"type": "profile", "format": 2}', "has the format 2, not 1"),
        ('{"type": "profile", "format": 1}', "is incomplete"),
        (PROFILE.to_json().replace('"does not hold"', '"perhaps"'), "is incomplete"),
        (PROFILE.to_json().replace('"checksums": false', '"checksums": null'), "is incomplete"),
        (PROFILE.to_json().replace('"0.1.0"', "1"), "is incomplete"),
    ],
)
def test_what_is_no_profile_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=message):
        StoreProfile.from_json(text)
    path = tmp_path / "store.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=f"store.json': .*{message}"):
        StorageUrl.parse(f"s3://c?store_profile={path}")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent.json': No such file.*obs probe --json"):
        read_profile(str(tmp_path / "absent.json"))
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="it is not text"):
        read_profile(str(tmp_path / "bytes.json"))


def test_the_options_of_a_profile_hold_where_the_url_does_not_say_otherwise(tmp_path: Path) -> None:
    path = saved(tmp_path)
    assert options_of(f"s3://c?store_profile={path}") == dict(PROFILE.options)
    told = options_of(f"s3://c?checksums=true&store_profile={path}&region=eu-west-1")
    assert told == {**PROFILE.options, "checksums": True, "region": "eu-west-1"}
    client = StorageUrl.parse(f"s3://c?store_profile={path}&anonymous=true").client()
    assert client.capabilities.if_absent
    assert repr(client) == f"S3Client(container_name='c', endpoint_url='{ENDPOINT}')"
    assert client.timeout == 30


def test_a_profile_beside_other_urls_of_the_same_store_makes_them_one_store(tmp_path: Path) -> None:
    path = saved(tmp_path)
    one = StorageUrl.parse(f"s3://c?store_profile={path}")
    other = StorageUrl.parse(f"s3://d?endpoint_url={ENDPOINT}&conditional_writes=true&checksums=false&timeout=30")
    assert one.is_same_store(other)


def test_a_path_may_be_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path)
    saved(tmp_path, name="store")
    for path in ("store.json", "./store", "store"):
        assert options_of(f"s3://c?store_profile={path}") == dict(PROFILE.options)


@pytest.mark.parametrize("scheme", ["memory:", "swift://c", "file:///srv", "s3://c", "s3://"])
@pytest.mark.parametrize("path", ["./store", "store.json"])
def test_what_a_probe_made_is_no_profile_of_amazon(scheme: str, path: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"store_profile={path} takes the options")):
        StorageUrl.parse(f"{scheme}?profile={path}")
    with pytest.raises(ConfigurationError, match="unknown option 'profile'"):
        StorageUrl.parse("swift://c?profile=store")


def test_a_profile_names_no_other(tmp_path: Path) -> None:
    path = saved(tmp_path, dataclasses.replace(PROFILE, options={"store_profile": "other.json"}))
    with pytest.raises(ConfigurationError, match="takes no option store_profile"):
        StorageUrl.parse(f"s3://c?store_profile={path}")


def test_a_profile_of_another_kind_of_store_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with pytest.raises(ConfigurationError, match="the profile is of S3Client, and this is SwiftClient"):
        StorageUrl.parse(f"swift://c?store_profile={path}")


def test_a_profile_of_another_endpoint_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with pytest.raises(ConfigurationError, match=r"is of http://store.example:9000, and this is http://other.example"):
        StorageUrl.parse(f"s3://c?store_profile={path}&endpoint_url=http://other.example")
    assert options_of(f"s3://c?store_profile={path}&endpoint_url={ENDPOINT.upper()}/")["checksums"] is False


@pytest.mark.parametrize(
    "options", [{"credentials": "secret"}, {"unheard_of": True}, {"checksums": "yes"}, {"timeout": True}]
)
def test_an_option_that_the_client_does_not_take_is_refused(options: dict[str, bool | str], tmp_path: Path) -> None:
    path = saved(tmp_path, dataclasses.replace(PROFILE, options=options))
    with pytest.raises(ConfigurationError, match=f"S3Client takes no option {next(iter(options))}="):
        StorageUrl.parse(f"s3://c?store_profile={path}")


def test_two_profiles_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with pytest.raises(ConfigurationError, match="'store_profile' stands twice"):
        StorageUrl.parse(f"s3://c?store_profile={path}&store_profile=./{path.name}")
