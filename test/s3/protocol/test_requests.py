"""Our requests are those that botocore would make, byte for byte: for each operation, address and odd name."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.endpoint_provider import EndpointProvider

from obs_client import InvalidNameError
from obs_client.backends.s3.endpoints import amazon_endpoint, url_in
from obs_client.backends.s3.reading import get_object
from obs_client.backends.s3.requests import Request, Requests
from obs_client.backends.s3.routes import ROUTES_MAXIMUM
from obs_client.backends.s3.settings import Choices, check
from test.s3.protocol import witness
from test.s3.protocol.operations import KEYS, OPERATIONS, TOKEN, Address, Operation, compare, requests_of
from test.s3.support import leave_the_machine

ADDRESSES = {
    "us-east-1": Address("us-east-1"),
    "eu-west-1 with a token": Address("eu-west-1", token=TOKEN),
    "cn-north-1 by path": Address("cn-north-1", style="path"),
    "us-gov-west-1": Address("us-gov-west-1", style="virtual"),
    "own server": Address("us-east-1", "http://127.0.0.1:8333"),
    "own server in a path, with a token": Address("mars", "https://[::1]:9000/s3/", "path", TOKEN),
    "own server, auto": Address("eu-west-1", "https://store.example:443", "auto"),
    "own server, virtual": Address("eu-west-1", "http://Store.example:80", "virtual"),
}
NAMES = (
    "plain.txt",
    "a b/c+d%2Be~f",
    "\u00fcber/\u65e5\u672c/\U0001f600",
    "/leading//doubled///trailing/",
    "line\nend\r\ttab",
    "?query=a&b#fragment;:@!$'()*,[]{}|\\^`\"<>=",
    "%",
    "\u00e4" * 512,
)
QUICK = ("us-east-1", "own server")
EACH = [
    pytest.param(address, id=name, marks=() if name in QUICK else pytest.mark.slow)
    for name, address in ADDRESSES.items()
]
"""botocore takes long for each."""

CONTAINERS = ("docs", "with.dots", "Old_Name", "ab", "x" * 63, "192.168.1.1", "-edge-")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_the_machine(monkeypatch, tmp_path)


@pytest.mark.parametrize("address", EACH)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))
def test_a_request_is_as_botocore_makes_it(operation: Operation, address: Address) -> None:
    for name in NAMES:
        compare(address, operation, "docs", name)


@pytest.mark.parametrize("address", EACH)
def test_a_container_is_addressed_as_botocore_does_it(address: Address) -> None:
    for container in CONTAINERS:
        compare(address, OPERATIONS["GetObject"], container, "a/b")
        compare(address, OPERATIONS["ListObjectsV2"], container, "")


@pytest.mark.slow
def test_every_region_has_the_endpoint_of_botocores_rules() -> None:
    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    rules = EndpointProvider(loader.load_service_model("s3", "endpoint-rule-set-1"), loader.load_data("partitions"))
    known = [region for each in loader.load_data("partitions")["partitions"] for region in each["regions"]]
    plain = [region for region in [*known, "mars-north-1"] if not region.endswith("-global")]
    assert len(plain) > 40
    for region in plain:
        for container in CONTAINERS:
            for by_path in (False, True):
                theirs = rules.resolve_endpoint(
                    Region=region, Bucket=container, UseFIPS=False, UseDualStack=False, Accelerate=False,
                    ForcePathStyle=by_path, UseGlobalEndpoint=region == "us-east-1",
                )  # fmt: skip
                ours = url_in(amazon_endpoint(region), container, virtual=not by_path)
                assert ours.removesuffix("/") == theirs.url
                assert theirs.properties["authSchemes"][0]["signingRegion"] == region


@pytest.mark.parametrize("address", EACH)
@pytest.mark.parametrize("method", ["get_object", "put_object"])
def test_a_signed_url_is_as_botocore_makes_it(address: Address, method: str) -> None:
    # By default botocore signs URLs of all regions for the endpoint in us-east-1, which redirects, or for some cannot.
    style = address.style or ("path" if address.endpoint_url else "virtual")
    requests, client = requests_of(address, Choices()), witness.shared(*address._replace(style=style))
    for name in NAMES:
        request = get_object("docs", name) if method == "get_object" else Request("PutObject", "PUT", "docs", name)
        ours, theirs = "", "another second"
        for _ in range(100):
            theirs = client.generate_presigned_url(method, Params={"Bucket": "docs", "Key": name}, ExpiresIn=600)
            ours = requests.presign(request, 600)
            if _signed_at(ours) == _signed_at(theirs):
                break
        assert in_order(ours) == in_order(theirs)


def test_terms_of_a_signed_url_are_signed_as_by_botocore() -> None:
    address = ADDRESSES["us-east-1"]
    requests, client = requests_of(address, Choices()), witness.shared(*address._replace(style="virtual"))
    bound = {"content-type": "text/x; a=b", "content-disposition": 'inline; filename="a  b"', "content-length": "7"}
    params = {"Bucket": "docs", "Key": "a", "ContentLength": 7, "ContentType": bound["content-type"]}
    ours, theirs = "", "another second"
    for _ in range(100):
        theirs = client.generate_presigned_url(
            "put_object", Params={**params, "ContentDisposition": bound["content-disposition"]}, ExpiresIn=600
        )
        ours = requests.presign(Request("PutObject", "PUT", "docs", "a", headers=bound), 600)
        if _signed_at(ours) == _signed_at(theirs):
            break
    assert in_order(ours) == in_order(theirs)


def in_order(url: str) -> tuple[str, list[str]]:
    """The place that a URL is of, and its parameters sorted: botocore has them in another order with awscrt."""
    place, _, query = url.partition("?")
    return place, sorted(query.split("&"))


def _signed_at(url: str) -> str:
    return url.partition("X-Amz-Date=")[2].partition("&")[0]


def test_who_agrees_to_pay_says_so_in_a_signed_url() -> None:
    """botocore signs it as a header, which whoever is given the URL would have to send."""
    requests = requests_of(ADDRESSES["us-east-1"], Choices(requester_pays=True))
    url = requests.presign(get_object("docs", "a"), 600)
    assert "?x-amz-request-payer=requester&X-Amz-Algorithm=" in url
    assert "X-Amz-SignedHeaders=host&" in url


def test_anonymous_requests_are_not_signed() -> None:
    requests = Requests(check("eu-west-1", None, {}, True, 60.0, None, Choices()))
    client = witness.witness("eu-west-1", version=UNSIGNED)
    for operation in OPERATIONS.values():
        request = operation.ours("docs", "a b")
        theirs = witness.ask(client, operation.method, operation.theirs("docs", "a b"))
        assert requests.signed(request) == (theirs.url, {"User-Agent": "obs_client", **request.headers})
        assert "authorization" not in theirs.headers


def test_the_payer_is_named_to_containers_only() -> None:
    requests = requests_of(ADDRESSES["own server"], Choices(requester_pays=True))
    payers = {name: requests.signed(each.ours("docs", "a"))[1].get("x-amz-request-payer")
              for name, each in OPERATIONS.items()}  # fmt: skip
    assert {name for name, payer in payers.items() if payer is None} == {"ListBuckets", "ListBuckets of a page"}
    theirs = witness.ask(witness.shared(*ADDRESSES["own server"]), "get_object",
                         {"Bucket": "docs", "Key": "a", "RequestPayer": "requester"})  # fmt: skip
    assert theirs.headers["x-amz-request-payer"] == payers["GetObject"]


@pytest.mark.parametrize("container", ["", "a/b", "a b", "\u00e4", "x" * 256, "a?b", "arn:aws:sqs:::a"])
def test_no_request_is_made_for_what_can_be_no_container(container: str) -> None:
    with pytest.raises(InvalidNameError):
        requests_of(ADDRESSES["own server"]).signed(get_object(container, "a"))


def test_the_number_of_routes_that_are_remembered_has_a_bound() -> None:
    requests = Requests(check("eu-west-1", "http://127.0.0.1:8333", KEYS, True, 60.0, None, Choices()))
    for number in range(1100):
        url, _ = requests.signed(get_object(f"docs-{number}", "a"))
        assert url == f"http://127.0.0.1:8333/docs-{number}/a"
    assert len(requests.routes) <= ROUTES_MAXIMUM
