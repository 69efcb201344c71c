"""What all parts of a file system share: its client, its paths, and how it is pickled."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from fsspec.spec import AbstractFileSystem
from fsspec.utils import stringify_path

from obs_client._engine.parallel import bounded_map
from obs_client.client import ObjectStorageClient
from obs_client.fsspec import stores
from obs_client.fsspec.errors import translated
from obs_client.models import ClientOptions

if TYPE_CHECKING:
    from obs_client.fsspec.asynchronous import AsyncObjectStorageFileSystem

Item = TypeVar("Item")
Result = TypeVar("Result")
Entry = dict[str, Any]
"""What fsspec tells of a file or directory."""

WORKERS = 16
"""Small requests at once, where the client itself is not allowed more."""

IGNORED = ("batch_size", "loop", "skip_instance_cache")
CACHING = ("use_listings_cache", "listings_expiry_time", "max_paths")


class Address(NamedTuple):
    """Where a path leads; the name is empty for a container, and both are for what is above all containers."""

    container: str
    name: str


_Cached: Any = type(AbstractFileSystem)


class _Instances(_Cached):
    """fsspec knows equal instances by the text of their arguments, which says too little of a client."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        asynchronous = options.pop("asynchronous", False)
        made = self.begun(*arguments, **options)
        made.client  # noqa: B018 - what cannot be is told at once
        return made.awaited if asynchronous else made

    def begun(self, *arguments: Any, **options: Any) -> Any:
        """An instance whose client is made when it is first used."""
        if arguments or options.get("client") is not None:
            options["skip_instance_cache"] = True
        return super().__call__(*arguments, **options)


class _Stripping:
    """`_strip_protocol`: a file system leaves out the slash in front of a path, if its paths begin with a container.

    A class cannot know that: where a container is chosen, the slash belongs to the object's name.
    """

    def __get__(self, fs: Base | None, kind: type[Base]) -> Callable[[Any], Any]:
        return kind._by_its_text if fs is None else fs._by_where_paths_begin


class Base(AbstractFileSystem, metaclass=_Instances):
    """A client as a file system. Its paths are what follows the URL of its store: `container/name`, or names.

    Args:
        client: The store; in place of all else. Its chosen container, if any, is where paths begin.
        store: A storage URL, or the name of a named store; where it names a container, paths are the names in it.
        container_name, credentials, options: As `obs_client.from_url` takes them.
        further: What the query of a storage URL may hold: `region="…"`, `attempts=3`, `anonymous=True`. Of fsspec's
            own, `use_listings_cache=True` keeps listings, which is not done otherwise, and `asynchronous=True` makes an
            `AsyncObjectStorageFileSystem`.
    """

    protocol: ClassVar[str] = "obs"
    default_store: ClassVar[str | None] = None

    def __init__(
        self,
        client: ObjectStorageClient | None = None,
        *,
        store: str | None = None,
        container_name: str | None = None,
        credentials: Mapping[str, str] | str | None = None,
        options: ClientOptions | None = None,
        **further: object,
    ) -> None:
        caching = {name: further.pop(name) for name in CACHING if name in further}
        super().__init__(**{"use_listings_cache": False, **caching})
        for name in IGNORED:
            further.pop(name, None)
        self._url = None if client else self._own_url(store, further)
        self._terms = (container_name, credentials, options)
        self._client = client
        self._awaited: AsyncObjectStorageFileSystem | None = None

    @property
    def awaited(self) -> Any:  # the class is of fsspec, which comes without types
        """The same with methods to be awaited."""
        if self._awaited is None:
            from obs_client.fsspec.asynchronous import AsyncObjectStorageFileSystem  # it is made of this class

            self._awaited = AsyncObjectStorageFileSystem(self)
        return self._awaited

    @property
    def client(self) -> ObjectStorageClient:
        """The store."""
        if self._client is None:
            container_name, credentials, options = self._terms
            with translated(self._url):
                keys = stores.unsealed(credentials)
                self._client = stores.shared_client(self._url or "", container_name, keys, options)
        return self._client

    @functools.cached_property
    def _root(self) -> str | None:
        """The container that all paths are in; None: they begin with one."""
        return self.client.container_name

    @classmethod
    def _own_url(cls, store: str | None, further: Mapping[str, object]) -> str:
        chosen = store or cls.default_store
        if chosen is None:
            raise ValueError("which store? give store='s3://?region=...' or the name of a named store")
        return stores.url_of(chosen, further)

    # ---- identity ---------------------------------------------------------------------------------------------------

    @property
    def storage_options(self) -> dict[str, Any]:
        """What it was made with; in place of keys is a text that stands for them in this process."""
        return {name: value for name, value in self._given.items() if value is not None}

    @storage_options.setter
    def storage_options(self, options: Mapping[str, Any]) -> None:
        self._given = stores.without_secrets(options)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (type(self), self.storage_args, self._given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url or self.client!r})"

    def __eq__(self, other: object) -> bool:
        # Not by fsspec's token, which tells one thread's from another's.
        if not isinstance(other, Base) or self._url is None or other._url is None:
            return self is other
        return type(self) is type(other) and self._url == other._url and self._same_terms(other)

    def _same_terms(self, other: Base) -> bool:
        (name, keys, options), (others_name, others_keys, others_options) = self._terms, other._terms
        same_keys = keys == others_keys or (keys and others_keys and stores.known(keys) == stores.known(others_keys))
        return name == others_name and bool(same_keys) and options == others_options

    def __hash__(self) -> int:
        return hash((type(self), self._url or id(self)))

    @property
    def fsid(self) -> str:
        """What names this store."""
        return f"{self.protocol}-{self._fs_token}"

    # ---- paths ------------------------------------------------------------------------------------------------------

    @classmethod
    def _exact(cls, path: str | os.PathLike[str]) -> str:
        """A path without its protocol, otherwise as it is: a slash at its end belongs to the name."""
        text = str(stringify_path(path))
        for start in (f"{cls.protocol}://", f"{cls.protocol}::"):
            if text.startswith(start):
                return cls._without_store(text.removeprefix(start))
        return text

    @classmethod
    def _without_store(cls, rest: str) -> str:
        """What follows `protocol://`; a class whose URLs name their store leaves it out."""
        return rest

    _strip_protocol = _Stripping()

    @classmethod
    def _by_its_text(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._by_its_text(each) for each in path]
        return cls._exact(path).rstrip("/")

    def _by_where_paths_begin(self, path: Any) -> Any:
        return [self._bare(each) for each in path] if isinstance(path, list) else self._bare(path)

    def _whole(self, path: str | os.PathLike[str]) -> str:
        """A path as it is told: `/container/name` is `container/name`; a slash at its end belongs to the name."""
        text = self._exact(path)
        return text if self._root is not None else text.lstrip("/")

    def _bare(self, path: str | os.PathLike[str]) -> str:
        """The same without slashes at its end."""
        return self._whole(path).rstrip("/")

    def _address(self, path: str | os.PathLike[str], *, file: bool = False) -> Address:
        """Where a path leads.

        Args:
            file: A slash at the end belongs to the name.
        """
        text = self._whole(path) if file else self._bare(path)
        if self._root is not None:
            return Address(self._root, text)
        container, _, name = text.partition("/")
        return Address(container, name)

    def _file(self, path: str | os.PathLike[str]) -> Address:
        """Where the path of a file leads, which is in a container.

        Raises:
            ValueError: There can be no file.
        """
        address = self._address(path, file=True)
        if not address.container or not address.name:
            raise IsADirectoryError(f"{path!r} is a container, or above them, and no object")
        return address

    def _before(self, container: str) -> str:
        """How the paths of what is in a container begin."""
        return "" if self._root is not None else f"{container}/"

    # ---- working ----------------------------------------------------------------------------------------------------

    def _all(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """The results of a function for each item, by several threads, in order."""
        return list(self._as_they_end(function, items))

    def _as_they_end(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        return bounded_map(function, items, max(WORKERS, self.client.options.workers))

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget the listings that were kept, if any."""
        self.dircache.clear()
        super().invalidate_cache(path)


def _made(kind: Any, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Base:
    """The file system of a pickle; in the process that made it, the very same.

    It never fails, whatever is missing: a worker of dask that cannot read what it is sent is given up without a word.
    """
    keys = options.get("credentials")
    made: Base = kind.begun(*arguments, **({**options, "credentials": stores.known(keys)} if keys else options))
    return made
