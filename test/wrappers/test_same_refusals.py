"""What a store's own client refuses before any request, its imitation refuses in the same words, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obs_client import (
    AzureClient,
    ClientOptions,
    GCSClient,
    InvalidNameError,
    MemoryClient,
    NotSupportedError,
    ObjectStorageClient,
    ObjectStorageClientError,
    S3Client,
)
from obs_client.backends.azure.login import DEVELOPMENT_ACCOUNT
from obs_client.wrappers import imitating
from test.servers.shared import Servers
from test.swift.support import client_of

pytestmark = pytest.mark.slow  # it takes seconds in all

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
NOBODY = "http://127.0.0.1:1"
ONCE = ClientOptions(attempts=1)

Call = Callable[[ObjectStorageClient], object]


@pytest.fixture(scope="module", params=["azure", "gcs", "minio", "s3", "swift"])
def both(request: pytest.FixtureRequest, servers: Servers) -> Iterator[tuple[ObjectStorageClient, ObjectStorageClient]]:
    """The client of a store that nobody answers for, or has no such container, and its imitation."""
    with real_one(request.param, servers) as real:
        imitation = imitating(MemoryClient("box"), request.param)
        imitation.container_create("box")
        yield real, imitation
        imitation.close()


def real_one(store: str, servers: Servers) -> ObjectStorageClient:
    if store == "swift":
        client: ObjectStorageClient = client_of(servers.swift(), options=ONCE)
        client.container_name = "never-made"
        return client
    if store == "azure":
        return AzureClient("box", account_url=f"{NOBODY}/{DEVELOPMENT_ACCOUNT}", options=ONCE)
    if store == "gcs":
        return GCSClient("box", endpoint_url=NOBODY, credentials={}, options=ONCE)
    real = S3Client("box", region="eu-west-1", endpoint_url=NOBODY, credentials=KEYS, options=ONCE)
    if store == "s3":
        known = S3Client(region="eu-west-1", credentials=KEYS).capabilities
        real._capabilities = lambda: known  # type: ignore[method-assign] # Amazon's, whom no test asks
    return real


def refusal(client: ObjectStorageClient, call: Call) -> tuple[type[Exception], str] | None:
    """What is refused before any request; None: it went on to the store."""
    try:
        call(client)
    except (InvalidNameError, NotSupportedError) as error:
        return type(error), str(error)
    except ObjectStorageClientError:
        return None
    return None


odd = st.one_of(
    st.text(st.sampled_from("ab.-_/\\ \r\n\té\u20ac\x7f\ufffe?%#+~Z"), min_size=1, max_size=12),
    st.sampled_from(["a" * 1024, "é" * 512, "a/" * 300, "é" * 513, "/", "//", ".well-known/acme-challenge/a", "a./b"]),
)
keys = st.text(st.sampled_from("aZ09-_é"), max_size=8) | st.sampled_from(["k" * 128, "k" * 129, "obs-write-id"])
values = st.text(st.sampled_from("a é\u20ac=?\x01\n\U0001f600"), max_size=10) | st.sampled_from(
    ["v" * 256, "v" * 257, "é" * 128, "é" * 129, "v" * 1900, "v" * 2000, "é" * 700, "v" * 7900, "v" * 8200]
)
containers = st.one_of(
    st.text(st.sampled_from("ab1.-_A\\ é$"), min_size=1, max_size=8),
    st.sampled_from(["a" * 63, "a" * 64, "goog1", "my-google", "1.2.3.4", "a.b", "a..b", "$root", "a" * 256, "xn--a"]),
)
every_input = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def check(both: tuple[ObjectStorageClient, ObjectStorageClient], call: Call) -> None:
    real, imitation = both
    assert refusal(imitation, call) == refusal(real, call)


@every_input
@given(name=odd)
def test_names(both: tuple[ObjectStorageClient, ObjectStorageClient], name: str) -> None:
    check(both, lambda client: client.object_write(name, b"1"))


@every_input
@given(metadata=st.dictionaries(keys, values, max_size=4))
def test_metadata(both: tuple[ObjectStorageClient, ObjectStorageClient], metadata: dict[str, str]) -> None:
    check(both, lambda client: client.object_write("a", b"1", metadata))


@pytest.mark.parametrize("count", [79, 80, 81, 89, 90, 91])
def test_many_keys(both: tuple[ObjectStorageClient, ObjectStorageClient], count: int) -> None:
    check(both, lambda client: client.object_write("a", b"1", {f"k{number}": "v" for number in range(count)}))


@every_input
@given(name=containers)
def test_containers(both: tuple[ObjectStorageClient, ObjectStorageClient], name: str) -> None:
    if both[1].store == "swift":  # type: ignore[attr-defined]
        pytest.skip("Swift takes all that the library takes, and would make them")
    check(both, lambda client: client.container_create(name))


@every_input
@given(name=odd)
def test_signed_names(both: tuple[ObjectStorageClient, ObjectStorageClient], name: str) -> None:
    if not both[0].capabilities.download_urls:
        pytest.skip("this client has no key to sign with")
    check(both, lambda client: client.object_generate_download_url(name))


@pytest.mark.parametrize("size", [2**30, 2**42, 2**46, 2**50])
def test_sizes(both: tuple[ObjectStorageClient, ObjectStorageClient], size: int) -> None:
    def upload(client: ObjectStorageClient) -> object:
        return client.object_upload(Broken(), "a", size=size)  # type: ignore[arg-type]

    found: list[object] = []
    for client in both:
        try:
            upload(client)
        except Exception as error:  # noqa: BLE001 - what it is is compared
            found.append((type(error), str(error)) if isinstance(error, NotSupportedError) else "went on")
    assert found[0] == found[1]


class Broken:
    """A stream that ends by an error, so that nothing of such a size is made."""

    def read(self, _size: int = -1) -> bytes:
        raise OSError("no more")


@pytest.mark.parametrize("condition", [{"if_absent": True}, {"if_hash": "x"}])
def test_conditions(both: tuple[ObjectStorageClient, ObjectStorageClient], condition: dict[str, object]) -> None:
    check(both, lambda client: client.object_write("a", b"1", **condition))  # type: ignore[arg-type]
    check(both, lambda client: client.object_copy("a", "b", if_absent=bool(condition.get("if_absent"))))
