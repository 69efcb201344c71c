"""The ways in which servers that speak S3 differ from the document, one field each."""

from __future__ import annotations

import dataclasses
from typing import Literal

from test.loopback.failures import Failure

Keeping = Literal["keep", "ignore", "refuse"]
"""What is done with a condition: it holds, it is not looked at, or the request is refused with 501."""

MEBIBYTE = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Ways:
    """How a server behaves; the defaults are what the API reference of Amazon S3 says.

    What responses hold:

    Attributes:
        server: The `Server` header.
        request_id: The name of the header with the id of a request; None: there is no such id.
        request_id_form: How such an id looks; `{id}` and `{time}` are hex digits.
        omit_headers: Names, in lower case, of headers that no response has.
        omit_elements: Elements that no document has, as `Contents/ETag`: the element and the one that it is in.
        raw_controls: Control characters stand in documents as they are, not as references (`&#x7;`).
        head_length: The response to a HEAD of an object has a length.
        etags: Of objects written at once: the MD5, 32 other hex digits, or these and `-1`.
        multipart_etags: Of objects made of parts: the MD5 of the MD5s, or other digits; `-N` follows both.
        part_etags: Of parts: the MD5 or other digits.
        weak_etags: GET and HEAD answer `W/"…"`; conditions know the strong tag only.
        begin_root: The root of the response to a begin of an upload.
        complete_etag: The response to a completion has the ETag, not an empty one.
        complete_again: A completion that was done is answered well when it is asked for again, while its object is
            there (500 when it was replaced); else 404.
        garbled_location: What a completion says of the place of a long name ends in bytes that are no text.
        quoted_results: ETags in the documents of copies and completions have quotes.
        part_sizes: GET and HEAD know `partNumber`; else they answer of the complete object.
        ranges: GET knows `Range`; else it answers with the complete object.
        hides_absence: 403 for an object that is not there, as for who may not list.
        decodes_gzip: What is stored with the coding gzip is decoded for who does not accept it: in chunks, without a
            length, with a weak ETag; and a HEAD that accepts gzip gets no length of what has no coding.
        clock_ahead: Seconds by which the server's clock is ahead.

    Listings:

    Attributes:
        list_v2: ListObjectsV2 is known; else it is answered as ListObjects.
        next_marker: ListObjects tells `NextMarker` always, never, or as the document has it: with a delimiter.
        page_size: Entries of a page at most.
        encoding_type: Names are URL-encoded where that is asked for.
        encoded_echoes: So are the prefix and the markers that were asked for.
        uploads_encoding_told: ListMultipartUploads says that names are encoded.
        other_delimiters: Of more than `/`: folded, not looked at, or refused.
        ordered: In the byte order of names.
        listing_lag: Seconds until a listing shows a written object.
        lists_uploads, lists_parts: ListMultipartUploads, ListParts are known; else 501.

    Names and places:

    Attributes:
        name_maximum: Bytes of a name.
        folds: Names are kept as they are, without doubled slashes, or in lower case.
        virtual_host: Host names that end in a dot and this name a container before it.

    What is refused or not looked at:

    Attributes:
        signed_urls: Signatures in queries are taken.
        unsigned_payload: Requests whose signature leaves the body out are taken.
        checksums: `x-amz-checksum-*` is verified and stored, not looked at, or refused.
        part_checksums: As `checksums`, of parts, where the creation took the algorithm; None: as `checksums`.
        checksum_refusal: Status and code with which checksums are refused.
        one_digest: Content-MD5 and a checksum together are refused.
        content_md5: Content-MD5 is verified.
        expects: `Expect: 100-continue` is known; else 417.
        bulk_delete: DeleteObjects is known; else `bulk_refusal`.
        bulk_refusal: Status and code for DeleteObjects.
        requester_pays: 403 without the payer's header.
        bulk_digest: DeleteObjects wants a digest.
        if_match_absent: The status of a write with `If-Match` where nothing is.
        if_match_quoted: A write takes the tag of `If-Match` in quotes too, not only bare.
        put_conditions, complete_conditions, copy_conditions, delete_conditions: Conditions of writes.
        condition_seconds: Between looking at a condition and writing, others may write: for so long.
        copy_source_conditions: Those of the source of CopyObject.
        part_copy_source_conditions: Those of the source of UploadPartCopy.
        equal_parts: All parts but the last must have one size.
        part_minimum: Bytes of a part but the last.
        copy_maximum: Bytes that CopyObject copies.
        underscores: What is done with metadata keys that hold `_`.
        metadata_maximum: Bytes of all metadata.
        default_encryption: Of new containers: what an object gets that names no encryption.
        denies_weaker: A write that names another encryption than the container's default is denied.
        create_again: The status of creating a container of one's own again.
        tagging: GetObjectTagging is known.
        anonymous_reads: Requests without a signature may read.

    Time and failures:

    Attributes:
        copy_seconds, part_copy_seconds, complete_seconds: How long the server is silent, and does the work at the end.
        copy_speed: Mebibytes that CopyObject copies in a second, without a word meanwhile; 0: at once.
        failures: The first that fits a request is what happens to it.
    """

    server: str | None = "AmazonS3"
    request_id: str | None = "x-amz-request-id"
    request_id_form: str = "{id}"
    omit_headers: frozenset[str] = frozenset()
    omit_elements: frozenset[str] = frozenset()
    raw_controls: bool = False
    head_length: bool = True
    etags: Literal["md5", "random", "random-1"] = "md5"
    multipart_etags: Literal["md5", "random"] = "md5"
    part_etags: Literal["md5", "random"] = "md5"
    weak_etags: bool = False
    begin_root: str = "InitiateMultipartUploadResult"
    complete_etag: bool = True
    complete_again: bool = False
    garbled_location: bool = False
    quoted_results: bool = True
    part_sizes: bool = True
    ranges: bool = True
    hides_absence: bool = False
    decodes_gzip: bool = False
    clock_ahead: float = 0.0

    list_v2: bool = True
    next_marker: bool | None = None
    page_size: int = 1000
    encoding_type: bool = True
    encoded_echoes: bool = True
    uploads_encoding_told: bool = True
    other_delimiters: Literal["fold", "ignore", "refuse"] = "fold"
    ordered: bool = True
    listing_lag: float = 0.0
    lists_uploads: bool = True
    lists_parts: bool = True

    name_maximum: int = 1024
    folds: Literal["nothing", "slashes", "case"] = "nothing"
    virtual_host: str = ""

    signed_urls: bool = True
    unsigned_payload: bool = True
    checksums: Keeping = "keep"
    part_checksums: Keeping | None = None
    checksum_refusal: tuple[int, str] = (400, "InvalidArgument")
    one_digest: bool = False
    content_md5: bool = True
    expects: bool = True
    bulk_delete: bool = True
    bulk_refusal: tuple[int, str] = (400, "InvalidArgument")
    bulk_digest: bool = True
    requester_pays: bool = False
    if_match_absent: int = 404
    if_match_quoted: bool = True
    put_conditions: Keeping = "keep"
    complete_conditions: Keeping = "keep"
    copy_conditions: Keeping = "keep"
    delete_conditions: Keeping = "keep"
    condition_seconds: float = 0.0
    copy_source_conditions: Keeping = "keep"
    part_copy_source_conditions: Keeping = "keep"
    equal_parts: bool = False
    part_minimum: int = 5 * MEBIBYTE
    copy_maximum: int = 5 * 1024 * MEBIBYTE
    underscores: Literal["keep", "drop", "dash"] = "keep"
    metadata_maximum: int = 2048
    default_encryption: str | None = "AES256"
    denies_weaker: bool = False
    create_again: int = 200
    tagging: bool = True
    anonymous_reads: bool = False

    copy_seconds: float = 0.0
    part_copy_seconds: float = 0.0
    complete_seconds: float = 0.0
    copy_speed: float = 0.0
    failures: tuple[Failure, ...] = ()
