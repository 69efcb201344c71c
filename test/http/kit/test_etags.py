"""Entity tags, with and without their quotes."""

import pytest

from obs_client._http.kit.etags import bare_etag, etag_of, quoted_etag


@pytest.mark.parametrize(("text", "tag"), [('"abc"', "abc"), ("abc", "abc"), ('W/"abc"', "abc"), ('""', ""), ("", "")])
def test_bare(text: str, tag: str) -> None:
    assert bare_etag(text) == tag
    assert etag_of({"etag": text}) == (tag or None)


def test_of_an_answer_without_one() -> None:
    assert etag_of({}) is None


def test_quoted() -> None:
    assert quoted_etag("abc-2") == '"abc-2"'
    assert bare_etag(quoted_etag("abc-2")) == "abc-2"
