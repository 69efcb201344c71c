"""Our own signature of S3's requests against botocore's, byte for byte, over names, headers and queries."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from hypothesis import example, given, settings
from hypothesis import strategies as st

from obs_client.backends.s3.signing import Signature


class Keys(NamedTuple):
    """What both signers take."""

    access_key: str
    secret_key: str
    token: str | None


ORIGINS = (
    "http://127.0.0.1:8333",
    "http://host:80",
    "https://host:443",
    "https://host:80",
    "https://Docs.S3.eu-west-1.AmazonAWS.com",
    "http://[::1]:8333",
    "https://[2001:db8::1]",
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TOKENS = st.text("abcXYZ019-_", min_size=1, max_size=12)
HEADERS = st.dictionaries(
    TOKENS.map("x-amz-meta-{}".format)
    | st.sampled_from(["Content-Type", "content-md5", "User-Agent", "Expect", "Range"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
    max_size=6,
).filter(lambda headers: len({name.lower() for name in headers}) == len(headers))
QUERIES = st.lists(st.tuples(TOKENS, TEXT), max_size=4).map(urlencode) | st.sampled_from(
    ["uploads", "a&b=&a=1", "b=2&b=1"]
)
KEYS = st.builds(Keys, TOKENS, TEXT, st.none() | TOKENS)


def sign_as_vendor(method: str, url: str, headers: dict[str, str], keys: Keys, region: str) -> dict[str, str]:
    """What botocore's signer adds and keeps, with the configuration that `S3Client` gives it."""
    request = AWSRequest(method, url, headers, b"")
    request.context = {"client_config": Config(s3={"payload_signing_enabled": False})}
    S3SigV4Auth(keys, "s3", region).add_auth(request)
    return dict(request.headers.items())


SIGNATURES: dict[str, tuple[Signature, list[Keys]]] = {}


def sign(method: str, url: str, headers: dict[str, str], keys: Keys, region: str) -> dict[str, str]:
    """What our signer makes; one for each region is used again and again, with other keys each time."""
    if region not in SIGNATURES:
        current: list[Keys] = []
        SIGNATURES[region] = Signature(region, "s3", current.pop), current
    signature, current = SIGNATURES[region]
    current.append(keys)
    signed = dict(headers)
    signature.sign(method, url, signed)
    return signed


@pytest.mark.slow  # whole requests are compared with those of botocore in test_requests.py
@settings(deadline=None)  # on a machine that is busy each may take long
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "POST"]),
    origin=st.sampled_from(ORIGINS),
    name=TEXT,
    query=QUERIES,
    headers=HEADERS,
    keys=KEYS,
    region=st.sampled_from(["us-east-1", "eu-west-1"]),
)
@example(
    "GET", ORIGINS[0], "a//b/../c d+e%", "", {"x-amz-meta-k": "  two  blanks "}, Keys("id", "secret", "t"), "us-east-1"
)
def test_both_signers_say_the_same(
    method: str, origin: str, name: str, query: str, headers: dict[str, str], keys: Keys, region: str
) -> None:
    url = f"{origin}/docs/{quote(name, safe='/~')}" + (f"?{query}" if query else "")
    while True:
        theirs = sign_as_vendor(method, url, headers, keys, region)
        ours = sign(method, url, headers, keys, region)
        if theirs["X-Amz-Date"] == ours["X-Amz-Date"]:  # both in the same second
            break
    host = ours.pop("Host")
    assert ours == theirs
    assert host == origin.partition("//")[2].lower().removesuffix(":80" if origin.startswith("http:") else ":443")
