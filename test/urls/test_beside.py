"""What a client needs comes with the URL, or beside it; what both say must not differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from obs_client import ClientOptions, ConfigurationError, InvalidNameError, LocalClient, Place, StorageUrl, from_url
from obs_client.backends.local.directory import DirectoryClient

KEYS = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "canary"}


def test_a_url_takes_the_fields_of_client_options() -> None:
    client = from_url("memory:?attempts=2&part_size=64MiB&give_up_after=2m&first_pause=500ms&check_content=false")
    expected = ClientOptions(
        attempts=2, part_size=64 * 1024**2, give_up_after=120.0, first_pause=0.5, check_content=False
    )
    assert client.options == expected
    assert from_url("memory:").options == ClientOptions()


def test_times_of_a_constructor_may_have_a_unit() -> None:
    assert from_url("s3://box?endpoint_url=http://127.0.0.1:1&timeout=1.5m").timeout == 90.0


def test_what_the_url_says_of_options_goes_before() -> None:
    given = ClientOptions(attempts=5, workers=3)
    assert from_url("memory:?attempts=2", options=given).options == ClientOptions(attempts=2, workers=3)
    assert from_url("memory:", options=given).options is given


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("attempts=0", "attempts must be at least 1, not 0"),
        ("attempts=two", "attempts must be a number"),
        ("part_size=64M", "part_size must be a number of bytes, or one with a unit.*64MiB.*not '64M'"),
        ("give_up_after=soon", "give_up_after must be a number of seconds.*not 'soon'"),
        ("check_content=maybe", "check_content must be true or false"),
        ("attempts=2&attempts=3", "twice"),
        ("partsize=3", "did you mean part_size"),
    ],
)
def test_fields_that_make_no_sense_are_refused(query: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        StorageUrl.parse(f"memory:?{query}")


def test_a_container_comes_beside_a_url_that_names_none(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    client = from_url(f"file://{tmp_path}", container_name="docs")
    assert isinstance(client, LocalClient)
    assert client.object_list() == []
    assert Place.parse(f"file://{tmp_path}", container_name="docs").container_name == "docs"
    assert from_url(f"file://{tmp_path}?container_name=docs", container_name="docs").container_name == "docs"
    with pytest.raises(ConfigurationError, match="names the container 'docs', but 'other' is given"):
        from_url(f"file://{tmp_path}?container_name=docs", container_name="other")
    with pytest.raises(InvalidNameError):
        from_url("memory:", container_name="a/b")


def test_credentials_come_beside_the_url() -> None:
    url = "s3://box?endpoint_url=http://127.0.0.1:1"
    client = from_url(url, credentials=KEYS)
    assert "X-Amz-Credential=mine%2F" in client.object_generate_download_url("a")
    assert "canary" not in repr(client)
    assert "X-Amz-Credential=mine" in Place.parse(url, credentials=KEYS).client.object_generate_download_url("a", "box")
    with pytest.raises(ConfigurationError, match="AWS_SECRET_ACCESS_KEY"):
        from_url(url, credentials={"AWS_ACCESS_KEY_ID": "mine"})
    with pytest.raises(ConfigurationError, match="anonymous=true, but credentials are given"):
        from_url(f"{url}&anonymous=true", credentials=KEYS)
    with pytest.raises(ConfigurationError, match="memory: takes no credentials"):
        from_url("memory:", credentials=KEYS)


def test_a_path_is_a_directory_and_takes_options_only(tmp_path: Path) -> None:
    place = Place.parse(str(tmp_path), options=ClientOptions(workers=2))
    assert isinstance(place.client, DirectoryClient)
    assert place.client.options.workers == 2
    with pytest.raises(ConfigurationError, match="is a path"):
        Place.parse(str(tmp_path), credentials=KEYS)
    with pytest.raises(ConfigurationError, match="is a path"):
        Place.parse(str(tmp_path), container_name="docs")


def test_other_options_are_another_client() -> None:
    one, other = StorageUrl.parse("s3://a?attempts=2"), StorageUrl.parse("s3://b?attempts=3")
    assert not one.is_same_store(other)
    assert one.is_same_store(StorageUrl.parse("s3://b?attempts=2"))


def test_a_plus_sign_in_a_url_is_itself() -> None:
    assert StorageUrl.parse("file:///r?container_name=c++&prefix=x++.txt") == StorageUrl.parse(
        "file:///r?container_name=c%2B%2B&prefix=x%2B%2B.txt"
    )
    assert StorageUrl.parse("file:///r?container_name=c&prefix=x++.txt").prefix == "x++.txt"
