"""What Azure's refusals mean, by its page "Blob service error codes", and what to do about them."""

from __future__ import annotations

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.calls.refusals import Kind, Refusal
from obs_client._http.kit.identity import check_identity
from obs_client.errors import (
    AuthorizationError,
    ConflictError,
    ContainerExistsError,
    ContainerNotFoundError,
    IntegrityError,
    InvalidNameError,
    NotSupportedError,
    ObjectNotFoundError,
    PreconditionError,
    TemporaryError,
)

IDENTITY = "x-ms-request-id"
"""By which Azure's support knows the request."""
IDENTITIES = (IDENTITY, "x-ms-version")
"""What Azure's servers put on their answers."""

_LIMIT = 1024 * 1024

CODES: dict[str, Kind] = {
    "BlobNotFound": ObjectNotFoundError,
    "ContainerNotFound": ContainerNotFoundError,
    "ContainerAlreadyExists": ContainerExistsError,
    "ContainerBeingDeleted": TemporaryError,
    "BlobAlreadyExists": PreconditionError,
    "ConditionNotMet": PreconditionError,
    "TargetConditionNotMet": PreconditionError,
    **dict.fromkeys(("RequestBodyTooLarge", "BlobUsesCustomerSpecifiedEncryption"), NotSupportedError),
    "PublicAccessNotPermitted": AuthorizationError,
    **dict.fromkeys(("Md5Mismatch", "InvalidMd5", "Crc64Mismatch"), IntegrityError),
    **dict.fromkeys(("InvalidBlockList", "InvalidBlobOrBlock", "SourceConditionNotMet"), ConflictError),
    **dict.fromkeys(("LeaseIdMissing", "LeaseLost", "LeaseIdMismatchWithBlobOperation"), ConflictError),
    **dict.fromkeys(
        ("InvalidResourceName", "OutOfRangeInput", "InvalidUri", "InvalidMetadata", "EmptyMetadataKey",
         "MetadataTooLarge"),
        InvalidNameError,
    ),
}  # fmt: skip

_LOGIN = "look at AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, at the account's name, and at this machine's clock"
_RIGHTS = "the login is valid, but is not permitted to do this: roles such as Storage Blob Data Contributor give it"
HINTS = {
    "AuthenticationFailed": _LOGIN,
    "AuthorizationFailure": f"{_LOGIN}; or the account's firewall does not let this machine in",
    "AuthorizationPermissionMismatch": _RIGHTS,
    "InsufficientAccountPermissions": _RIGHTS,
    "NoAuthenticationInformation": "the container is not public: log in with credentials",
    "PublicAccessNotPermitted": "the account allows no public access: log in with credentials",
    "BlobArchived": "it is archived: to be read or replaced it must be rehydrated (Set Blob Tier), or deleted",
    "BlobBeingRehydrated": "it is being rehydrated: read it when that has ended",
    "BlobUsesCustomerSpecifiedEncryption": "its writer gave a key of his own, which this library does not send: use "
    "`native`",
    "SnapshotsPresent": "it has snapshots, which would be lost with it: delete these first",
    "BlobImmutableDueToPolicy": "it is held by a policy or a legal hold: it can be changed when that has ended",
    **dict.fromkeys(
        ("LeaseIdMissing", "LeaseLost", "LeaseAlreadyPresent"), "somebody has a lease on it: it is free when that ends"
    ),
    "InvalidBlockList": "another upload to this name ended first, and Azure dropped this one's blocks: send it again",
    "InvalidBlobOrBlock": "another program's unfinished upload to this name has blocks of another kind: Azure drops "
    "them after a week, and with the next write of one request",
}  # fmt: skip


def read_refusal(operation: str, answer: HttpAnswer) -> Refusal:
    """The error in an answer whose status says that it is one.

    Raises:
        StrangeAnswer: It says that something is absent, and nothing says that it came from Azure.
    """
    from obs_client._http.kit import xml  # not needed while nothing fails

    content = answer.read(_LIMIT)
    code, message = answer.headers.get("x-ms-error-code", ""), answer.reason
    try:
        found = xml.parse(content) if content.lstrip(b"\xef\xbb\xbf").startswith(b"<") else None
    except (BrokenAnswer, StrangeAnswer):
        found = None
    if found is not None and found.name == "Error":
        # After the first line come an id and a time, which are in the headers too.
        message = (found.find("Message") or message).partition("\n")[0].strip()
        code = code or found.find("Code") or ""
    if answer.status == 404 and not code:  # which a proxy says too, and who is at a wrong address
        check_identity(answer, IDENTITIES, "Azure")
    return Refusal(operation, answer.status, code, message, answer.headers)
