"""What S3 tells of an object beyond the contract: storage class, version, the end by a rule, tags, headers."""

import socket

from obs_client.backends.s3.client import S3Client
from test.loopback.raw import answer, raw_server, read_request

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
TOLD = (
    b"Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
    b'ETag: "8d777f385d3dfec8815d20f7496026dc"\r\nx-amz-request-id: 1\r\n'
    b"x-amz-storage-class: GLACIER_IR\r\nx-amz-version-id: 3HL4\r\n"
    b'x-amz-expiration: expiry-date="Sun, 29 Nov 2026 00:00:00 GMT", rule-id="a week"\r\n'
)
TAGS = (
    b'<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>'
    b"<Tag><Key>colour</Key><Value>dark &amp; grey</Value></Tag><Tag><Key>empty</Key><Value></Value></Tag>"
    b"</TagSet></Tagging>"
)


def serve(connection: socket.socket, _: int) -> None:
    while head := read_request(connection)[0]:
        connection.sendall(answer(TAGS) if b"?tagging " in head else answer(b"", headers=TOLD))


def test_all_that_is_told() -> None:
    with raw_server(serve) as server:
        client = S3Client("docs", endpoint_url=server.url, credentials=KEYS)
        info = client.object_info("a")
        assert info is not None
        assert (info.storage_class, info.version_id, info.expires) == ("GLACIER_IR", "3HL4", 1795910400.0)
        assert client.object_tags("a") == {"colour": "dark & grey", "empty": ""}
        headers = client.object_headers("a")
        assert headers is not None
        assert headers["x-amz-storage-class"] == "GLACIER_IR"
