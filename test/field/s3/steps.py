"""What the tests of other people's S3 servers do with a client."""

from __future__ import annotations

from obs_client import ClientOptions
from obs_client.backends.s3.client import S3Client
from test.field.running import s3_client
from test.loopback.s3_double import S3Double

MIB = 1024 * 1024
PARTS = ClientOptions(part_size=5 * MIB, first_pause=0.01, longest_pause=0.05)
LARGE = bytes(range(256)) * 20480 + b"more than a part"


def made(double: S3Double, **options: object) -> S3Client:
    """A client with a container of its own."""
    client = s3_client(double, "box", **{"options": PARTS, **options})
    assert client.container_create("box")
    return client
