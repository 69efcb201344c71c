"""The one door for those who write a store: all that a backend needs is imported from here.

    from obs_client.backend import Body, Capabilities, NewObject, ObjectInfo, ObjectStorageClient, Page

A store subclasses `ObjectStorageClient` and writes its primitives: the underscore methods of `Backend`, whose
docstrings say what each is given and must raise. What they take and give is here too: `NewObject` and `Body` for
writing, `ObjectReader` for reading, `MultipartUpload` for large objects, `Page` for listings, `ContentDigest` for the
check of content, the errors, and for stores that speak HTTP the transport and its kit:

    HttpPool, HttpAnswer           requests over connections that are kept; an answer is whole or an error
    warn_if_unchecked              the warning that a client with `verify=False` owes its user
    BrokenAnswer, StrangeAnswer    an answer that was cut; one that is whole and makes no sense
    ConnectFailure                 no connection
    kind_of_failure                which failures of the transport may pass, for `_classify_error`
    retry_after                    the seconds of `Retry-After`, for `_retry_after`
    check_identity                 whether it was the store that answered, or a portal on the way
    range_header, find_place       a range of bytes: how to ask for it, and where it is in the answer, a `Place`
    AnswerReader, EmptyReader      what `_object_open` gives: what was asked for of an answer's body, or nothing
    etag_of, bare_etag             entity tags without quotes,
    quoted_etag                    and with them
    encode_words, decode_words     any text as a header's value, and back
    read_date, write_date          HTTP dates as epoch seconds, and back
    parse_answer, Element          the XML of an answer, strict and safe
    parse_json                     the JSON of an answer
    query_of, headers_of           queries and headers, without what is None
    Refusal, kind_of_refusal       an answer that is an error, and its kind by the store's codes
    frame, FramedBody, PieceBody   a body with bytes around it, and a piece of a body
    make_batch, read_batch         many requests as one, in `multipart/mixed`
    Token, Tokens                  the tokens of a login, renewed once for all threads,
    send_with_token                and sent with requests
    Buffers                        the content of large answers as text, without fresh memory for each
    ForkLock, renew_in_children    locks that are free in a forked process, and what else begins anew there

Nothing in the library imports from this door: it looks down on all that it shows.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as in the package's own first module

if TYPE_CHECKING:
    from obs_client._http.answer import HttpAnswer as HttpAnswer
    from obs_client._http.errors import BrokenAnswer as BrokenAnswer
    from obs_client._http.errors import ConnectFailure as ConnectFailure
    from obs_client._http.errors import StrangeAnswer as StrangeAnswer
    from obs_client._http.kit.buffers import Buffers as Buffers
    from obs_client._http.kit.calls.batches import make_batch as make_batch
    from obs_client._http.kit.calls.batches import read_batch as read_batch
    from obs_client._http.kit.calls.framed import FramedBody as FramedBody
    from obs_client._http.kit.calls.framed import PieceBody as PieceBody
    from obs_client._http.kit.calls.framed import frame as frame
    from obs_client._http.kit.calls.queries import headers_of as headers_of
    from obs_client._http.kit.calls.queries import query_of as query_of
    from obs_client._http.kit.calls.refusals import Refusal as Refusal
    from obs_client._http.kit.calls.refusals import kind_of_refusal as kind_of_refusal
    from obs_client._http.kit.calls.tokens import Token as Token
    from obs_client._http.kit.calls.tokens import Tokens as Tokens
    from obs_client._http.kit.calls.tokens import send_with_token as send_with_token
    from obs_client._http.kit.dates import read_date as read_date
    from obs_client._http.kit.dates import write_date as write_date
    from obs_client._http.kit.encoded_words import decode_words as decode_words
    from obs_client._http.kit.encoded_words import encode_words as encode_words
    from obs_client._http.kit.etags import bare_etag as bare_etag
    from obs_client._http.kit.etags import etag_of as etag_of
    from obs_client._http.kit.etags import quoted_etag as quoted_etag
    from obs_client._http.kit.failures import kind_of_failure as kind_of_failure
    from obs_client._http.kit.fork import ForkLock as ForkLock
    from obs_client._http.kit.fork import renew_in_children as renew_in_children
    from obs_client._http.kit.identity import check_identity as check_identity
    from obs_client._http.kit.json_answer import parse_json as parse_json
    from obs_client._http.kit.ranges import Place as Place
    from obs_client._http.kit.ranges import find_place as find_place
    from obs_client._http.kit.ranges import range_header as range_header
    from obs_client._http.kit.readers import AnswerReader as AnswerReader
    from obs_client._http.kit.readers import EmptyReader as EmptyReader
    from obs_client._http.kit.retry_after import retry_after as retry_after
    from obs_client._http.kit.xml import Element as Element
    from obs_client._http.kit.xml import parse_answer as parse_answer
    from obs_client._http.pool import HttpPool as HttpPool
    from obs_client._http.pool import warn_if_unchecked as warn_if_unchecked
    from obs_client.backend.atomic import AtomicFile as AtomicFile
    from obs_client.backend.body import Body as Body
    from obs_client.backend.body import BytesBody as BytesBody
    from obs_client.backend.body import CallerError as CallerError
    from obs_client.backend.body import FileBody as FileBody
    from obs_client.backend.body import SourceFile as SourceFile
    from obs_client.backend.combined import CombinedDigest as CombinedDigest
    from obs_client.backend.content_types import guess_content_type as guess_content_type
    from obs_client.backend.integrity import ContentCheck as ContentCheck
    from obs_client.backend.integrity import ContentDigest as ContentDigest
    from obs_client.backend.integrity import new_hash as new_hash
    from obs_client.backend.learning import learned as learned
    from obs_client.backend.listing import ListedObjects as ListedObjects
    from obs_client.backend.listing import WholeObjects as WholeObjects
    from obs_client.backend.listing import fold as fold
    from obs_client.backend.listing import name_of as name_of
    from obs_client.backend.multipart import MultipartUpload as MultipartUpload
    from obs_client.backend.multipart import Part as Part
    from obs_client.backend.multipart import SpooledUpload as SpooledUpload
    from obs_client.backend.multipart import UploadGone as UploadGone
    from obs_client.backend.primitives import Backend as Backend
    from obs_client.backend.stopping import check_stopped as check_stopped
    from obs_client.backend.stopping import sleep as sleep
    from obs_client.backend.stopping import stoppable as stoppable
    from obs_client.backend.values import NO_TERMS as NO_TERMS
    from obs_client.backend.values import NewObject as NewObject
    from obs_client.backend.values import ObjectReader as ObjectReader
    from obs_client.backend.values import Page as Page
    from obs_client.backend.values import UrlTerms as UrlTerms
    from obs_client.client import ObjectStorageClient as ObjectStorageClient
    from obs_client.credentials import Credentials as Credentials
    from obs_client.credentials import Secret as Secret
    from obs_client.credentials import forget_frames as forget_frames
    from obs_client.errors import AuthorizationError as AuthorizationError
    from obs_client.errors import ConfigurationError as ConfigurationError
    from obs_client.errors import ConflictError as ConflictError
    from obs_client.errors import ContainerExistsError as ContainerExistsError
    from obs_client.errors import ContainerNotEmptyError as ContainerNotEmptyError
    from obs_client.errors import ContainerNotFoundError as ContainerNotFoundError
    from obs_client.errors import IntegrityError as IntegrityError
    from obs_client.errors import InvalidNameError as InvalidNameError
    from obs_client.errors import NotFoundError as NotFoundError
    from obs_client.errors import NotSupportedError as NotSupportedError
    from obs_client.errors import ObjectChangedError as ObjectChangedError
    from obs_client.errors import ObjectNotFoundError as ObjectNotFoundError
    from obs_client.errors import ObjectStorageClientError as ObjectStorageClientError
    from obs_client.errors import PreconditionError as PreconditionError
    from obs_client.errors import ServiceError as ServiceError
    from obs_client.errors import TemporaryError as TemporaryError
    from obs_client.models import Attributes as Attributes
    from obs_client.models import Capabilities as Capabilities
    from obs_client.models import CleanupReport as CleanupReport
    from obs_client.models import ClientOptions as ClientOptions
    from obs_client.models import ContainerInfo as ContainerInfo
    from obs_client.models import EndpointFact as EndpointFact
    from obs_client.models import ObjectInfo as ObjectInfo
    from obs_client.models import Origin as Origin
    from obs_client.models import Outcome as Outcome
    from obs_client.models import SignedUrl as SignedUrl
    from obs_client.models import SubdirInfo as SubdirInfo

_MODULES = {
    "obs_client._http.answer": "HttpAnswer",
    "obs_client._http.errors": "BrokenAnswer ConnectFailure StrangeAnswer",
    "obs_client._http.kit.buffers": "Buffers",
    "obs_client._http.kit.calls.batches": "make_batch read_batch",
    "obs_client._http.kit.calls.framed": "FramedBody PieceBody frame",
    "obs_client._http.kit.calls.queries": "headers_of query_of",
    "obs_client._http.kit.calls.refusals": "Refusal kind_of_refusal",
    "obs_client._http.kit.calls.tokens": "Token Tokens send_with_token",
    "obs_client._http.kit.dates": "read_date write_date",
    "obs_client._http.kit.encoded_words": "decode_words encode_words",
    "obs_client._http.kit.etags": "bare_etag etag_of quoted_etag",
    "obs_client._http.kit.failures": "kind_of_failure",
    "obs_client._http.kit.fork": "ForkLock renew_in_children",
    "obs_client._http.kit.identity": "check_identity",
    "obs_client._http.kit.json_answer": "parse_json",
    "obs_client._http.kit.ranges": "Place find_place range_header",
    "obs_client._http.kit.readers": "AnswerReader EmptyReader",
    "obs_client._http.kit.retry_after": "retry_after",
    "obs_client._http.kit.xml": "Element parse_answer",
    "obs_client._http.pool": "HttpPool warn_if_unchecked",
    "obs_client.backend.atomic": "AtomicFile",
    "obs_client.backend.body": "Body BytesBody CallerError FileBody SourceFile",
    "obs_client.backend.combined": "CombinedDigest",
    "obs_client.backend.content_types": "guess_content_type",
    "obs_client.backend.integrity": "ContentCheck ContentDigest new_hash",
    "obs_client.backend.learning": "learned",
    "obs_client.backend.listing": "ListedObjects WholeObjects fold name_of",
    "obs_client.backend.multipart": "MultipartUpload Part SpooledUpload UploadGone",
    "obs_client.backend.primitives": "Backend",
    "obs_client.backend.stopping": "check_stopped sleep stoppable",
    "obs_client.backend.values": "NO_TERMS NewObject ObjectReader Page UrlTerms",
    "obs_client.client": "ObjectStorageClient",
    "obs_client.credentials": "Credentials Secret forget_frames",
    "obs_client.errors": (
        "AuthorizationError ConfigurationError ConflictError ContainerExistsError ContainerNotEmptyError "
        "ContainerNotFoundError IntegrityError InvalidNameError NotFoundError NotSupportedError ObjectChangedError "
        "ObjectNotFoundError ObjectStorageClientError PreconditionError ServiceError TemporaryError"
    ),
    "obs_client.models": (
        "Attributes Capabilities CleanupReport ClientOptions ContainerInfo EndpointFact ObjectInfo Origin Outcome "
        "SignedUrl SubdirInfo"
    ),
}

_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'obs_client.backend' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
