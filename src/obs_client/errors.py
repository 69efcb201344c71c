"""What can go wrong, as one tree.

::

    ObjectStorageClientError
    ├─ ConfigurationError
    ├─ InvalidNameError (also a ValueError)
    ├─ ContainerNotSpecified
    ├─ AuthorizationError
    ├─ NotFoundError
    │  ├─ ContainerNotFoundError
    │  └─ ObjectNotFoundError
    ├─ ConflictError
    │  ├─ ContainerExistsError
    │  ├─ ContainerNotEmptyError
    │  └─ PreconditionError
    ├─ ObjectChangedError
    ├─ PartialFailureError
    ├─ IntegrityError
    ├─ NotSupportedError
    └─ ServiceError
       └─ TemporaryError

What your own files and streams raise is not changed. A wrong type is a ``TypeError``, a number out of
range a ``ValueError``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ObjectStorageClientError(Exception):
    """Any failure of this library; ``__cause__`` is the SDK's or the system's own exception, where there is one.

    Attributes:
        container, object_name: What it was about; None where it was about something else.
        request_id: The store's id of the request, for its operators; None if it sent none.
        hint: What to do about it: an option, a step; empty if there is no advice. It is part of ``str(error)``.
    """

    def __init__(
        self,
        message: str,
        *,
        container: str | None = None,
        object_name: str | None = None,
        request_id: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.container = container
        self.object_name = object_name
        self.request_id = request_id
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} ({self.hint})" if self.hint and self.hint not in message else message

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process pools: the default would call the class with the message alone.
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(
    kind: type[ObjectStorageClientError], arguments: tuple[Any, ...], state: dict[str, Any]
) -> ObjectStorageClientError:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


class ConfigurationError(ObjectStorageClientError):
    """A bad URL or option, a missing credential, package or root directory: found before any request."""


class InvalidNameError(ObjectStorageClientError, ValueError):
    """A name, metadata key or attribute value that the store cannot keep; nothing was sent."""


class ContainerNotSpecified(ObjectStorageClientError):
    """No container was given and none was chosen with `use_container` or the constructor."""


class AuthorizationError(ObjectStorageClientError):
    """The credentials were refused, or do not allow this."""


class NotFoundError(ObjectStorageClientError):
    """What was asked for is not there."""


class ContainerNotFoundError(NotFoundError):
    """The container is not there."""


class ObjectNotFoundError(NotFoundError):
    """The object is not there."""


class ConflictError(ObjectStorageClientError):
    """Something in the store prevents this."""


class ContainerExistsError(ConflictError):
    """The container is there already."""


class ContainerNotEmptyError(ConflictError):
    """The container still holds objects."""


class PreconditionError(ConflictError):
    """A condition (`if_absent`, `if_hash`) does not hold."""


class ObjectUnchangedError(PreconditionError):
    """The object still has the hash `if_none_match`: the copy that the caller holds is as it is; nothing was read."""


class ObjectChangedError(ObjectStorageClientError):
    """The object was replaced while it was read, or the source file changed while it was uploaded."""


class PartialFailureError(ObjectStorageClientError):
    """Some of many names failed; `failures` has the error of each, all others are done."""

    def __init__(
        self, message: str, failures: Mapping[str, Exception], *, container: str | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, container=container, hint=hint)
        self.failures: dict[str, Exception] = dict(failures)


class IntegrityError(ObjectStorageClientError):
    """Too few, too many or other bytes than there should be."""


class NotSupportedError(ObjectStorageClientError):
    """This backend, or this store, can never do it; `capabilities` says so in advance.

    One that has a `request_id`, or an error of the store as its `__cause__`, is the store's own answer that it does not
    know a request, or has an object of which it cannot do this: that is known only when it was asked.
    """


class ServiceError(ObjectStorageClientError):
    """The store failed, or sent a response that makes no sense."""


class TemporaryError(ServiceError):
    """The store failed in a way that may pass; raised after the last try, with the count of `tries`.

    Attributes:
        first_contact: Nothing at that address has responded to this client yet, and it was tried for a short time only:
            `ClientOptions.give_up_first_after`.
    """

    tries: int = 0
    first_contact: bool = False
    deadline: float | None = None  # of the request, by `time.monotonic`; what must be done after it has this time too
