"""Where servers are not as S3, Swift or Azure, and the suite fails there: one line for each test, with the reason.

Such a test runs all the same. It fails as its line says, or the run fails: no fault of the client hides behind a line,
and a line that is not true any more is told.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import unittest
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NoReturn

from obs_client.client import ObjectStorageClient

if TYPE_CHECKING:
    from obs_client.backends.azure.client import AzureClient
    from obs_client.backends.s3.client import S3Client
    from obs_client.backends.swift.client import SwiftClient


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """How a server fails a test.

    Attributes:
        reason: What the server does in place of what S3 or Swift does.
        sign: A regular expression that the failure must hold.
        always: It shows every time; else it depends on the moment, or on what other tests left.
    """

    reason: str
    sign: str
    always: bool = True


_PATHS = "names are paths: slashes doubled or leading, and content where one is last, would be lost, and are refused"
_FOLDER_IS_OBJECT = "a folder that objects are in is an object"
_FOLDERS = "folders whose objects are gone stay in listings"
_RACES = "conditions of completions are no lock: several of raw boto3 win too"
_GUESSED = "application/octet-stream counts as missing, and is guessed again"
_NEWLINES = "a name with a line end is not found (404)"
_ONE_LETTER = "of a delimiter of several characters the folders end with the first"
_UNCHECKED = "signatures and the life of signed URLs are not checked"

_FILES = "objects are files: none is where a folder is, and none has a slash doubled or at its begin"
_MTIME = "a copy has the time of the file in its metadata"
_NO_ATOMS = "content and attributes are written one after the other"

_MIXED = " != |other bytes|was replaced or deleted|no read ended whole|no version"
_FILE_FAILED = r"InternalError, 500|InvalidArgument, 400|could not delete"
_PATH_REFUSED = "InvalidNameError: .*SeaweedFS treats names as paths"
_PATHS_FAILED = r"of \d+:(\n  '([^'\n]*/'|s{50,}\.\.\. \(\d+ characters\)): .*)+\Z"
_OTHER_FOLDERS = r"'[^'\n]*/'(,(\n-)? +'[^'\n]*/')*\]"
_NEWLINE_FAILED = r"could not write '([^' ]*/)?(new\\nline|\\r\\n)' .* \(404\)"

SERVERS: dict[str, dict[str, Difference]] = {
    "seaweedfs": {
        "test_container_delete_while_written": Difference(
            "a container is looked at, and then deleted with what came in between",
            "gone with the container",
            always=False,
        ),
        "test_container_delete_force": Difference(_PATHS, _PATH_REFUSED),
        "test_content_type": Difference(_GUESSED, "'application/octet-stream'"),
        "test_content_type_guessed": Difference(_GUESSED, "'application/octet-stream'"),
        "test_delete_leaves_others": Difference(_PATHS, _PATH_REFUSED),
        "test_delete_many": Difference(_PATHS, "InternalError|'b'|Lists differ", always=False),
        "test_download_url": Difference(_PATHS, _PATHS_FAILED),
        "test_every_door": Difference(
            "folders whose objects are gone stay, and no large object takes their name", "InternalError", always=False
        ),
        "test_folder_is_absent": Difference(_FOLDER_IS_OBJECT, "x-directory"),
        "test_if_absent_race": Difference(_RACES, "Tuples differ", always=False),
        "test_if_hash_race": Difference(_RACES, "Tuples differ", always=False),
        "test_list": Difference(_PATHS, _PATH_REFUSED),
        "test_list_delimiter": Difference(_PATHS, _PATH_REFUSED),
        "test_list_fetch_metadata_folders": Difference(
            _FOLDERS,
            rf"- \(\[{_OTHER_FOLDERS},\n-  \[{{'key': 'value'}}\]\)\n\+ \(\['([^' ]*/)?a/'\], ",
            always=False,
        ),
        "test_list_kinds": Difference(_PATHS, _PATH_REFUSED),
        "test_list_long_delimiter": Difference(_PATHS, _PATH_REFUSED),
        "test_list_many": Difference(
            _FOLDERS,
            rf"\+ \(\['0/', .*'6/'\], 7\)\n- \(\[{_OTHER_FOLDERS},\n-  \d+\)|\['0/', [^\]]*'6/', [^\]]*/'\], \d+\) != ",
            always=False,
        ),
        "test_list_nothing": Difference(
            _FOLDERS, rf"\+ \[\]\n- \[{_OTHER_FOLDERS}|- \[{_OTHER_FOLDERS}\n\+ \[\]", always=False
        ),
        "test_list_prefix": Difference(_PATHS, _PATH_REFUSED),
        "test_list_start_after": Difference(_PATHS, _PATH_REFUSED),
        "test_names_copied": Difference(_PATHS, _PATH_REFUSED),
        "test_names_folded": Difference(_PATHS, _PATH_REFUSED),
        "test_names_of_large_objects": Difference(_PATHS, _PATH_REFUSED),
        "test_names_opened": Difference(_PATHS, _PATH_REFUSED),
        "test_names_read": Difference(_PATHS, _PATH_REFUSED),
        "test_names_refused_by_store": Difference(
            _FOLDER_IS_OBJECT, r"of \d+:(\n  '[^'\n]*/': ObjectInfo\(.*x-directory.*)+\Z", always=False
        ),
    },
    "swift": {},
    "moto": {
        "test_cleanup_keeps_young_uploads": Difference(
            "every upload is reported to have begun in 2010", r"'([^' ]*/)?object \(upload [^']*\)'"
        ),
        "test_download_url": Difference(_NEWLINES, r"of \d+:(\n  '(new\\nline|\\r\\n)': .*)+\Z"),
        "test_names_copied": Difference(_NEWLINES, _NEWLINE_FAILED),
        "test_names_folded": Difference(_NEWLINES, _NEWLINE_FAILED),
        "test_names_of_large_objects": Difference(_NEWLINES, _NEWLINE_FAILED),
        "test_names_opened": Difference(_NEWLINES, _NEWLINE_FAILED),
        "test_names_read": Difference(_NEWLINES, _NEWLINE_FAILED),
        "test_upload_url_terms": Difference(_UNCHECKED, "HTTPError not raised"),
        "test_url_expires": Difference(_UNCHECKED, "HTTPError not raised"),
        "test_url_is_bound": Difference(_UNCHECKED, "HTTPError not raised"),
        "test_writers_of_one_object": Difference(
            "a completion asked for again, after the object was replaced, fails with 500",
            r"could not complete '([^' ]*/)?object' .* \(500\)",
            always=False,
        ),
    },
    "rclone": {
        "test_container_delete_force": Difference(_FILES, _FILE_FAILED),
        "test_copy_attributes": Difference(_MTIME, "'mtime': "),
        "test_copy_replaces": Difference(_MTIME, "'mtime': "),
        "test_copy_to_container": Difference(_MTIME, "'mtime': "),
        "test_delete_leaves_others": Difference(_FILES, _FILE_FAILED),
        "test_download_url": Difference(_FILES, r"of \d+:(\n  '[^\n]*/[^\n]*': .*)+\Z"),
        "test_download_while_overwritten": Difference(_NO_ATOMS, _MIXED, always=False),
        "test_folder_is_absent": Difference(_FILES, _FILE_FAILED),
        "test_info_while_overwritten": Difference(_NO_ATOMS, _MIXED, always=False),
        "test_list": Difference(_FILES, _FILE_FAILED),
        "test_list_delimiter": Difference(_FILES, _FILE_FAILED),
        "test_list_kinds": Difference(_FILES, _FILE_FAILED),
        "test_list_long_delimiter": Difference(_FILES, _FILE_FAILED),
        "test_list_prefix": Difference(_FILES, _FILE_FAILED),
        "test_list_start_after": Difference(_FILES, _FILE_FAILED),
        "test_list_while_overwritten": Difference(_NO_ATOMS, _MIXED, always=False),
        "test_metadata_size": Difference("metadata has less room than S3 gives it", "MetadataTooLarge"),
        "test_names_copied": Difference(_FILES, _FILE_FAILED),
        "test_names_folded": Difference(_FILES, _FILE_FAILED),
        "test_names_of_large_objects": Difference(_FILES, _FILE_FAILED),
        "test_names_opened": Difference(_FILES, _FILE_FAILED),
        "test_names_read": Difference(_FILES, _FILE_FAILED),
        "test_open_while_overwritten": Difference(_NO_ATOMS, _MIXED, always=False),
        "test_read_while_overwritten": Difference(_NO_ATOMS, _MIXED, always=False),
        "test_tags": Difference(
            "tags are not known: the response to a request for them is the object", "complete XML document"
        ),
        "test_upload_url": Difference(_FILES, _FILE_FAILED),
        "test_writer_info": Difference(
            "the tag of an object of parts becomes another after its completion", "not found in"
        ),
    },
    "s3rver": {
        "test_ranges": Difference(
            "who asks for the first byte is sent all",
            r"1 of 8:\n +\(0, 1\): .* has bytes 0 to 9, requested were 0 to 0",
        ),
    },
    "azurite": {
        "test_list_long_delimiter": Difference(_ONE_LETTER, r"'x-', 'x-3', 'z/'\] != .*'x--', 'x-3', 'z/'\]"),
        "test_list_start_after": Difference(_ONE_LETTER, r"of \d+:\n +\('[^']*', '[^']*', '--'\): Lists differ"),
    },
    "radosgw": {
        "test_writers_of_one_object": Difference(
            "a completion that others overtake locks its upload for minutes, and is not done",
            "This multipart completion is already in progress",
            always=False,
        ),
    },
    "radosgw-swift": {
        "test_names_folded": Difference(
            "the folder '/' of names that begin with a slash is left out of listings with a delimiter",
            r"1 of \d+:\n +'': Lists differ: .*'/', '50%'",
            always=False,
        ),
    },
}

_SIGNS = {
    "seaweedfs": re.compile("SeaweedFS "),
    "moto": re.compile("Werkzeug/.* amazon.com"),
    "azurite": re.compile("Azurite-Blob/"),
}
"""What the `Server` header of a server's responses holds; Swift and Ceph's gateway send none."""

_CEPHS_ID = re.compile(r"tx[0-9a-f]{21}-[0-9a-f]{10}-[0-9a-f]+-.+")
"""How Ceph's gateway names a request, by S3 and by Swift; OpenStack's Swift ends with the second part."""


def recognise(client: ObjectStorageClient) -> str | None:
    """The name of the server behind a client, by its own response; None: it is not one of those that are known."""
    from obs_client.backends.azure.client import AzureClient
    from obs_client.backends.s3.client import S3Client
    from obs_client.backends.swift.client import SwiftClient

    if isinstance(client, AzureClient):
        return _named(_azure_headers(client))
    if isinstance(client, SwiftClient):
        return "radosgw-swift" if _CEPHS_ID.fullmatch(_swift_headers(client).get("x-trans-id", "")) else None
    if not isinstance(client, S3Client):
        return None
    headers = _s3_headers(client)
    if _CEPHS_ID.fullmatch(headers.get("x-amz-request-id", "")):
        return "radosgw"
    return _named(headers)


def _named(headers: Mapping[str, str]) -> str | None:
    return next((name for name, sign in _SIGNS.items() if sign.match(headers.get("server", ""))), None)


def _azure_headers(client: AzureClient) -> Mapping[str, str]:
    from obs_client.backends.azure.requests import Request

    request = Request("List Containers", "GET", "", query="comp=list&maxresults=1")
    with client._requests.exchange(lambda _token: request) as answer:
        return answer.headers


def _swift_headers(client: SwiftClient) -> Mapping[str, str]:
    with client._http.send("HEAD", client._http.session.access().parsed.path, {}, None)[0] as answer:
        return answer.headers


def _s3_headers(client: S3Client) -> Mapping[str, str]:
    from obs_client.backends.s3.errors import S3Error
    from obs_client.backends.s3.listing import list_buckets

    try:
        answer = client._requests.call(list_buckets())
    except S3Error as error:
        # Who may not list containers is told so by the same server.
        return error.headers
    answer.close()
    return answer.headers


def apply(case: type[unittest.TestCase], server: str, end: Callable[[str], NoReturn]) -> None:
    """Let the tests of a class in which a server is known to differ end as declared, and only so.

    Args:
        end: Ends a test that failed as it should; given the line that tells why.
    """
    for name, difference in SERVERS[server].items():
        test = getattr(case, name)
        setattr(case, name, _declared(test, difference, f"{server} differs in {name}: {difference.reason}", end))


def _declared(
    test: Callable[[unittest.TestCase], None], difference: Difference, line: str, end: Callable[[str], NoReturn]
) -> Callable[[unittest.TestCase], None]:
    @functools.wraps(test)
    def check(self: unittest.TestCase) -> None:
        try:
            test(self)
        except AssertionError as error:
            if not re.search(difference.sign, str(error)):
                raise
            end(line)
        if difference.always:
            self.fail(f"the server does as S3 does now, take the line away: {line}")

    return check
