"""What `S3Client` does at Amazon's own endpoints: hosts, regions, redirects, what it declares and sends there."""

import re

import pytest

from obs_client import AuthorizationError, ConfigurationError, ContainerNotFoundError, Place, TemporaryError
from obs_client._engine.border import Border
from obs_client.backends.s3.client import S3Client
from obs_client.models import ClientOptions
from obs_client.sync import sync
from obs_client.wrappers import prefixed
from test.loopback.raw import answer
from test.s3.protocol.amazon import OBJECT, Amazon

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
MOVED = b"<Error><Code>PermanentRedirect</Code><Message>there</Message></Error>"


def client(amazon: Amazon, **options: object) -> S3Client:
    quick = ClientOptions(attempts=2, first_pause=0.0)
    return S3Client("docs", credentials=KEYS, verify=amazon.authority, options=quick, **options)  # type: ignore[arg-type]


def region_signed(head: bytes) -> str:
    found = re.search(rb"Credential=id/\d+/([^/]+)/s3/", head)
    assert found
    return found[1].decode()


def test_a_container_is_part_of_the_host(amazon: Amazon) -> None:
    assert client(amazon, region="eu-west-1").object_read("a/b") == b"data"
    host, head = amazon.heads[0]
    assert host == "docs.s3.eu-west-1.amazonaws.com"
    assert head.startswith(b"GET /a/b HTTP/1.1")
    assert b"x-amz-security-token: token" in head.lower()
    assert b"x-amz-checksum-mode: enabled" in head.lower()


def test_path_style_by_option(amazon: Amazon) -> None:
    assert client(amazon, region="eu-west-1", addressing_style="path").object_read("a") == b"data"
    assert amazon.heads[0][0] == "s3.eu-west-1.amazonaws.com"


def test_what_amazon_has_is_declared(amazon: Amazon) -> None:
    capabilities = client(amazon).capabilities
    assert capabilities.if_absent
    assert capabilities.if_hash
    assert capabilities.ordered_listing
    assert "_" in capabilities.metadata_key_characters
    assert not capabilities.equal_parts
    assert amazon.heads == []


def test_a_write_carries_its_checksum(amazon: Amazon) -> None:
    amazon.answers = lambda *_: answer(headers=OBJECT + b"x-amz-checksum-crc32: rfPzYw==\r\n")
    client(amazon, storage_class="STANDARD_IA", kms_key_id="a-key", requester_pays=True).object_write("a", b"data")
    head = amazon.heads[0][1].lower()
    for line in (
        b"x-amz-checksum-crc32: rfpzyw==",
        b"x-amz-storage-class: standard_ia",
        b"x-amz-server-side-encryption: aws:kms",
        b"x-amz-server-side-encryption-aws-kms-key-id: a-key",
        b"x-amz-request-payer: requester",
    ):
        assert line in head
    assert b"expect:" not in head
    assert b"content-md5" not in head


@pytest.mark.parametrize(
    ("method", "moved"),
    [
        (
            "GET",
            answer(MOVED, b"301 Moved Permanently", b"x-amz-bucket-region: eu-west-1\r\nLocation: http://evil\r\n"),
        ),
        ("HEAD", answer(b"", b"301 Moved Permanently", b"x-amz-bucket-region: eu-west-1\r\n")),
        ("HEAD", answer(b"", b"400 Bad Request", b"x-amz-bucket-region: eu-west-1\r\n")),
        (
            "GET",
            answer(
                b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>",
                b"400 Bad Request",
            ),
        ),
    ],
    ids=["301", "HEAD 301", "HEAD 400", "malformed"],
)
def test_a_container_in_another_region_is_followed_once(amazon: Amazon, method: str, moved: bytes) -> None:
    amazon.answers = lambda host, _: (
        answer(b"data" * (method == "GET"), headers=OBJECT) if "eu-west-1" in host else moved
    )
    away = client(amazon, region="us-east-1")
    for _ in range(2):
        assert away.object_read("a") == b"data" if method == "GET" else away.object_info("a")
    hosts = [host for host, _ in amazon.heads]
    assert len(hosts) == 3
    assert set(hosts[1:]) == {"docs.s3.eu-west-1.amazonaws.com"}
    assert [region_signed(head) for _, head in amazon.heads] == ["us-east-1", "eu-west-1", "eu-west-1"]


def test_a_redirect_in_circles_ends(amazon: Amazon) -> None:
    amazon.answers = lambda *_: answer(MOVED, b"301 Moved Permanently", b"x-amz-bucket-region: eu-west-1\r\n")
    with pytest.raises(Exception, match="PermanentRedirect"):
        client(amazon, region="us-east-1").object_read("a")
    assert len(amazon.heads) == 2


def test_containers_are_created_where_the_client_is(amazon: Amazon) -> None:
    absent = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    made = answer(headers=b"x-amz-request-id: 1\r\n")
    amazon.answers = lambda _, head: absent if head.startswith(b"HEAD") else made
    assert client(amazon, region="us-east-1").container_create("other")
    assert b"content-length: 0" in amazon.heads[-1][1].lower()
    assert client(amazon, region="eu-west-1").container_create("other")
    assert b"content-length: 0" not in amazon.heads[-1][1].lower()


def test_a_container_of_somebody_else(amazon: Amazon) -> None:
    closed = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    taken = answer(b"<Error><Code>BucketAlreadyExists</Code></Error>", b"409 Conflict")
    amazon.answers = lambda _, head: closed if head.startswith(b"HEAD") else taken
    with pytest.raises(AuthorizationError, match="BucketAlreadyExists"):
        client(amazon).container_create("other")


def test_conflicting_conditions_are_tried_again(amazon: Amazon) -> None:
    conflict = answer(b"<Error><Code>ConditionalRequestConflict</Code></Error>", b"409 Conflict")
    amazon.answers = lambda *_: conflict if len(amazon.heads) == 1 else answer(headers=OBJECT)
    assert client(amazon).object_write("a", b"data", if_absent=True)
    assert b"if-none-match: *" in amazon.heads[1][1].lower()


def test_a_throttled_call_is_tried_again(amazon: Amazon) -> None:
    slow = answer(b"<Error><Code>SlowDown</Code></Error>", b"503 Slow Down", b"Retry-After: 0\r\n")
    amazon.answers = lambda *_: slow
    with pytest.raises(TemporaryError, match="2 tries"):
        client(amazon).object_read("a")
    assert len(amazon.heads) == 2


def test_an_absent_container_in_a_listing(amazon: Amazon) -> None:
    amazon.answers = lambda *_: answer(b"<Error><Code>NoSuchBucket</Code></Error>", b"404 Not Found")
    with pytest.raises(ContainerNotFoundError):
        client(amazon).object_list()


@pytest.mark.parametrize("name", ["docs--usw2-az1--x-s3", "point--usw2-az1--xa-s3"])
def test_directory_buckets_list_in_no_order(amazon: Amazon, name: str) -> None:
    plain, chosen = client(amazon), S3Client(name, region="us-west-2", credentials=KEYS)
    assert chosen.capabilities.ordered_listing is False
    assert plain.capabilities.ordered_listing is True
    assert [Border(each).lists_in_order(name) for each in (plain, chosen, prefixed(plain, "x/"))] == [False] * 3
    assert Border(chosen).lists_in_order("docs") is True
    with pytest.raises(ConfigurationError, match="does not list in order"):
        sync(Place(plain, name), Place(plain, "docs"), ledger="unused.jsonl")
    assert amazon.heads == []
