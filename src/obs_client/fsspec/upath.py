"""`UPath("obs+swift://container/name")`: the pathlib of universal_pathlib over any store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import fsspec
from upath import UPath
from upath._flavour import WrappedFileSystemFlavour
from upath.implementations.cloud import CloudPath

from obs_client.fsspec import schemes

for _kind in schemes.ALL:
    # What is loaded by now is what universal_pathlib goes by; else it guesses, and warns.
    fsspec.get_filesystem_class(_kind.protocol)
    # As it has it for `s3` and its like: the container is the drive, and nothing between two slashes is a name too.
    for _setting in ("netloc_is_anchor", "supports_empty_parts"):
        WrappedFileSystemFlavour.protocol_config[_setting].add(_kind.protocol)


class ObjectStoragePath(CloudPath):
    """A path in a store; containers are its drives."""

    __slots__ = ()

    @classmethod
    def _transform_init_args(
        cls, args: tuple[Any, ...], protocol: str, storage_options: dict[str, Any]
    ) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
        """Leave out the protocol, of which universal_pathlib compares what is before the `+` only."""
        args, protocol, options = super()._transform_init_args(args, protocol, storage_options)
        kind = fsspec.get_filesystem_class(protocol)
        for each in args[:1]:
            own = each.storage_options if isinstance(each, UPath) else kind._get_kwargs_from_urls(each)
            options = {**own, **options}
        return tuple(map(_without_protocol, args)), protocol, options

    def glob(self, pattern: str, **options: Any) -> Iterator[Self]:
        """What matches below it."""
        yield from super(ObjectStoragePath, self._as_found()).glob(pattern, **options)

    def rglob(self, pattern: str, **options: Any) -> Iterator[Self]:
        """What matches anywhere below it."""
        yield from super(ObjectStoragePath, self._as_found()).rglob(pattern, **options)

    def _as_found(self) -> Self:
        """The same path as its file system tells it, which universal_pathlib compares with what it finds."""
        path = self.path if self._relative_base is None else self.absolute().path
        found: Self = self.with_segments(self.fs._bare(path))
        return found


def _without_protocol(path: Any) -> Any:
    if isinstance(path, UPath):
        return path.path if path.is_absolute() else path
    kind = next((each for each in schemes.ALL if str(path).startswith(f"{each.protocol}://")), None)
    return path if kind is None else kind._strip_protocol(path)
