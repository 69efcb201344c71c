"""What `asynchronous=True` makes: a file system whose methods are awaited, for zarr and others that work in a loop.

fsspec's own wrapper of a synchronous file system does all in the loop's default executor, which has `cores + 4` threads
and is shared with all that looks up host names. This one has threads of its own, as `obs_client.aio` has them, and a
task that is cancelled stops its call.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

from fsspec.asyn import AsyncFileSystem
from fsspec.spec import AbstractFileSystem as Blocking

from obs_client.aio.base import THREADS
from obs_client.aio.threads import Threads

Result = TypeVar("Result")


def _awaited(method: Callable[..., Result]) -> Callable[..., Coroutine[Any, Any, Result]]:
    """A method of the file system below, by a thread."""
    name = method.__name__

    @functools.wraps(method)
    async def call(self: AsyncObjectStorageFileSystem, *arguments: Any, **options: Any) -> Result:
        function = getattr(self.sync_fs, name)
        return await self._threads.run(lambda: function(*arguments, **options))

    return call


class AsyncObjectStorageFileSystem(AsyncFileSystem):
    """Any store as an asynchronous file system of fsspec: `_cat_file` is `cat_file`, to be awaited, and so on.

    Attributes:
        sync_fs: The same as a synchronous file system, for what is not here.
    """

    cachable = False

    def __init__(self, fs: Any) -> None:
        super().__init__(asynchronous=True)
        self.sync_fs = fs
        self.protocol: str | tuple[str, ...] = fs.protocol
        self._strip_protocol = fs._strip_protocol
        self._parent = fs._parent
        self._threads = Threads(THREADS)

    _cat = _awaited(Blocking.cat)
    _cat_file = _awaited(Blocking.cat_file)
    _cat_ranges = _awaited(Blocking.cat_ranges)
    _copy = _awaited(Blocking.copy)
    _cp_file = _awaited(Blocking.cp_file)
    _du = _awaited(Blocking.du)
    _exists = _awaited(Blocking.exists)
    _expand_path = _awaited(Blocking.expand_path)
    _find = _awaited(Blocking.find)
    _get = _awaited(Blocking.get)
    _get_file = _awaited(Blocking.get_file)
    _glob = _awaited(Blocking.glob)
    _info = _awaited(Blocking.info)
    _isdir = _awaited(Blocking.isdir)
    _isfile = _awaited(Blocking.isfile)
    _ls = _awaited(Blocking.ls)
    _makedirs = _awaited(Blocking.makedirs)
    _mkdir = _awaited(Blocking.mkdir)
    _modified = _awaited(Blocking.modified)
    _mv = _awaited(Blocking.mv)
    _pipe = _awaited(Blocking.pipe)
    _pipe_file = _awaited(Blocking.pipe_file)
    _put = _awaited(Blocking.put)
    _put_file = _awaited(Blocking.put_file)
    _rm = _awaited(Blocking.rm)
    _rm_file = _awaited(Blocking.rm_file)
    _rmdir = _awaited(Blocking.rmdir)
    _touch = _awaited(Blocking.touch)

    async def _walk(self, path: str, *arguments: Any, **options: Any) -> AsyncIterator[Any]:
        folders = self.sync_fs.walk(path, *arguments, **options)
        while folder := await self._threads.run(lambda: next(folders, None)):
            yield folder

    def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        """A file object, whose methods block."""
        return self.sync_fs.open(path, mode, **options)

    def sign(self, path: str, expiration: int | None = None, **options: Any) -> str:
        """As of the synchronous file system."""
        return str(self.sync_fs.sign(path, expiration, **options))

    def invalidate_cache(self, path: str | None = None) -> None:
        """As of the synchronous file system."""
        self.sync_fs.invalidate_cache(path)

    @property
    def fsid(self) -> str:
        """What names this store."""
        return str(self.sync_fs.fsid)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sync_fs!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AsyncObjectStorageFileSystem) and self.sync_fs == other.sync_fs

    def __hash__(self) -> int:
        return hash((type(self), self.sync_fs))

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.sync_fs,)


def _made(fs: Any) -> Any:
    """The file system of a pickle."""
    return fs.awaited
