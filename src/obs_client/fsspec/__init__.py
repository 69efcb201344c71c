"""Any store for what works through fsspec: pandas, pyarrow, zarr, xarray, dask, duckdb. Needs `obs_client[fsspec]`.

    import pandas

    frame = pandas.read_parquet("obs+swift://measurements/2026.parquet")

fsspec finds the names `obs`, `obs+s3`, `obs+swift`, `obs+gs`, `obs+az`, `obs+file` and `obs+memory` by itself.
"""

from obs_client.fsspec.asynchronous import AsyncObjectStorageFileSystem
from obs_client.fsspec.filesystem import ObjectStorageFileSystem
from obs_client.fsspec.schemes import (
    AzureStoreFileSystem,
    GoogleStoreFileSystem,
    LocalStoreFileSystem,
    MemoryStoreFileSystem,
    NamedStoreFileSystem,
    S3StoreFileSystem,
    SwiftStoreFileSystem,
)

__all__ = [
    "AsyncObjectStorageFileSystem",
    "AzureStoreFileSystem",
    "GoogleStoreFileSystem",
    "LocalStoreFileSystem",
    "MemoryStoreFileSystem",
    "NamedStoreFileSystem",
    "ObjectStorageFileSystem",
    "S3StoreFileSystem",
    "SwiftStoreFileSystem",
]
