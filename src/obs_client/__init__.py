"""One simple API to any object storage.

Names are loaded when they are first used: `import obs_client` loads no SDK, and nothing that is not needed.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for True; importing `typing` for it would cost more than all the rest

__version__ = "1.0.0"

if TYPE_CHECKING:
    from obs_client.backend.stopping import Stopped as Stopped
    from obs_client.backend.stopping import stoppable as stoppable
    from obs_client.backends.azure.client import AzureClient as AzureClient
    from obs_client.backends.gcs.client import GCSClient as GCSClient
    from obs_client.backends.local.store import LocalClient as LocalClient
    from obs_client.backends.memory import MemoryClient as MemoryClient
    from obs_client.backends.s3.client import S3Client as S3Client
    from obs_client.backends.swift.client import SwiftClient as SwiftClient
    from obs_client.client import ObjectStorageClient as ObjectStorageClient
    from obs_client.copying import object_copy as object_copy
    from obs_client.copying import object_move as object_move
    from obs_client.errors import AuthorizationError as AuthorizationError
    from obs_client.errors import ConfigurationError as ConfigurationError
    from obs_client.errors import ConflictError as ConflictError
    from obs_client.errors import ContainerExistsError as ContainerExistsError
    from obs_client.errors import ContainerNotEmptyError as ContainerNotEmptyError
    from obs_client.errors import ContainerNotFoundError as ContainerNotFoundError
    from obs_client.errors import ContainerNotSpecified as ContainerNotSpecified
    from obs_client.errors import IntegrityError as IntegrityError
    from obs_client.errors import InvalidNameError as InvalidNameError
    from obs_client.errors import NotFoundError as NotFoundError
    from obs_client.errors import NotSupportedError as NotSupportedError
    from obs_client.errors import ObjectChangedError as ObjectChangedError
    from obs_client.errors import ObjectNotFoundError as ObjectNotFoundError
    from obs_client.errors import ObjectStorageClientError as ObjectStorageClientError
    from obs_client.errors import ObjectUnchangedError as ObjectUnchangedError
    from obs_client.errors import PartialFailureError as PartialFailureError
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
    from obs_client.models import RequestRecord as RequestRecord
    from obs_client.models import SignedUrl as SignedUrl
    from obs_client.models import SubdirInfo as SubdirInfo
    from obs_client.places import Place as Place
    from obs_client.probing.run import probe as probe
    from obs_client.urls import StorageUrl as StorageUrl
    from obs_client.urls import from_url as from_url

_MODULES = {
    "obs_client.backend.stopping": ("Stopped", "stoppable"),
    "obs_client.backends.azure.client": ("AzureClient",),
    "obs_client.backends.gcs.client": ("GCSClient",),
    "obs_client.backends.local.store": ("LocalClient",),
    "obs_client.backends.memory": ("MemoryClient",),
    "obs_client.backends.s3.client": ("S3Client",),
    "obs_client.backends.swift.client": ("SwiftClient",),
    "obs_client.client": ("ObjectStorageClient",),
    "obs_client.copying": ("object_copy", "object_move"),
    "obs_client.errors": (
        "AuthorizationError",
        "ConfigurationError",
        "ConflictError",
        "ContainerExistsError",
        "ContainerNotEmptyError",
        "ContainerNotFoundError",
        "ContainerNotSpecified",
        "IntegrityError",
        "InvalidNameError",
        "NotFoundError",
        "NotSupportedError",
        "ObjectChangedError",
        "ObjectUnchangedError",
        "ObjectNotFoundError",
        "ObjectStorageClientError",
        "PartialFailureError",
        "PreconditionError",
        "ServiceError",
        "TemporaryError",
    ),
    "obs_client.models": (
        "Attributes",
        "Capabilities",
        "CleanupReport",
        "ClientOptions",
        "ContainerInfo",
        "EndpointFact",
        "ObjectInfo",
        "Origin",
        "Outcome",
        "RequestRecord",
        "SignedUrl",
        "SubdirInfo",
    ),
    "obs_client.places": ("Place",),
    "obs_client.probing.run": ("probe",),
    "obs_client.urls": ("StorageUrl", "from_url"),
}

_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'obs_client' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
