"""The contract, kept by `S3Client` on servers that have little of S3: what they lack is refused or does no harm."""

import contextlib
import unittest
from collections.abc import Callable

import pytest

from obs_client import PartialFailureError
from test.s3.running import S3Suite, with_differences
from test.servers.shared import Servers


@pytest.fixture(scope="module", autouse=True)
def _servers(servers: Servers) -> None:
    S3Suite.servers = servers


@with_differences
class TestRclone(S3Suite, unittest.TestCase):
    """`rclone serve s3`: no conditions, no checksums, objects as files."""

    kind = "rclone"

    def _remove_objects(self) -> None:
        try:
            super()._remove_objects()
        except PartialFailureError:
            with contextlib.suppress(PartialFailureError):  # a folder goes only when nothing is in it any more
                super()._remove_objects()


OF_S3RVER = frozenset(
    """
    absent_container_list absent_container_read absent_copy absent_delete absent_info absent_open absent_read
    capabilities close content_encoding_is_not_decoded content_type copy_attributes copy_onto_itself
    delete delete_many delete_metadata exists hash hash_stays headers last_modified list_changes list_fetch_metadata
    list_order list_without_metadata metadata metadata_values observe overwrite_drops_attributes overwrite_sizes
    progress ranges ranges_from_the_end ranges_of_large read reader_lines reader_seeks reader_verified
    server_side_copy set_metadata stream_position text two_readers upload_file upload_pipe
    write_bytes writer_attributes writer_publishes
    """.split()  # noqa: SIM905 - a name a line is no easier to read
)
"""What s3rver is asked. It ends when it cannot write a file, as under a name that is too long for one."""


def with_those(names: frozenset[str]) -> Callable[[type[S3Suite]], type[S3Suite]]:
    """Leave out all tests but these."""

    def leave_out(case: type[S3Suite]) -> type[S3Suite]:
        for name in dir(case):
            if name.startswith("test_") and name.removeprefix("test_") not in names:
                setattr(case, name, None)
        return case

    return leave_out


@with_those(OF_S3RVER)
@with_differences
class TestS3rver(S3Suite, unittest.TestCase):
    kind = "s3rver"
