"""How `obs_client` is built and installed; `requirements.txt` lists the same core packages, as a test sees."""

import re
from collections.abc import Sequence
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.sdist import sdist

HERE = Path(__file__).parent
SOURCE = (HERE / "src/obs_client/__init__.py").read_text()
VERSION = re.search(r'^__version__ = "(.+)"$', SOURCE, re.MULTILINE)
assert VERSION

OWNER = "OWNER"
"""Stands for the account that hosts the project, as in the README; whoever publishes a release writes it here."""

HOME = f"https://github.com/{OWNER}/obs_client"

README = (HERE / "README.md").read_text(encoding="utf-8")
PICTURES = re.sub(r"\]\((?!https?:)([^)]*\.svg)\)", rf"]({HOME}/raw/main/\1)", README)


class SourceDistribution(sdist):
    """Without tests: setuptools adds those whose file names begin with `test`, which are nothing by themselves."""

    def make_release_tree(self, base_dir: str, files: Sequence[str]) -> None:
        super().make_release_tree(base_dir, [name for name in files if not name.startswith("test/")])


setup(
    cmdclass={"sdist": SourceDistribution},
    name="obs_client",
    version=VERSION[1],
    description="One simple API to any object storage: Swift, S3, Azure, Google Cloud Storage, files, memory",
    long_description=re.sub(r"\]\((?!https?:)", f"]({HOME}/blob/main/", PICTURES),
    long_description_content_type="text/markdown",
    author="obs_client contributors",
    author_email=f"{OWNER}@users.noreply.github.com",
    license_expression="MIT",
    url=HOME,
    project_urls={
        "Documentation": f"{HOME}/tree/main/src/obs_client/docs",
        "Changes": f"{HOME}/blob/main/.github/CHANGELOG.md",
        "Source": HOME,
        "Issues": f"{HOME}/issues",
        "Security": f"{HOME}/blob/main/.github/SECURITY.md",
    },
    keywords=["object storage", "s3", "swift", "openstack", "azure blob", "google cloud storage", "minio", "ceph"],
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"obs_client": ["docs/*.md", "docs/*/*.md", "docs/pictures/*.svg", "py.typed"]},
    install_requires=[
        "boto3>=1.43",
        "keystoneauth1>=5.10",
        "python-swiftclient>=4.7",
    ],
    extras_require={
        "azure": ["azure-identity>=1.19"],
        "azure-native": ["azure-storage-blob>=12.24"],
        "checksums": ["awscrt>=0.27"],
        "cli": ["click>=8.2", "rich>=13.7"],
        "clouds": ["openstacksdk>=4.0"],
        "dask": ["distributed>=2025.1"],
        "django": ["django>=5.2"],
        "fsspec": ["fsspec>=2024.12"],
        "gcs": ["cryptography>=42", "google-auth[requests]>=2.40", "google-crc32c>=1.6"],
        "gcs-native": ["google-cloud-storage>=3.0"],
        "otel": ["opentelemetry-api>=1.30"],
        "test": [
            "anyio>=4.6",
            "awscrt>=0.27",
            "azure-identity>=1.19",
            "azure-storage-blob>=12.24",
            "build>=1.2",
            "click>=8.2",
            "cryptography>=42",
            "dask[dataframe]>=2025.1",
            "distributed>=2025.1",
            "django>=5.2",
            "duckdb>=1.1",
            "fastapi>=0.115",
            "fsspec>=2024.12",
            "google-auth[requests]>=2.40",
            "google-cloud-storage>=3.0",
            "google-crc32c>=1.6",
            "httpx>=0.27",
            "hypothesis>=6.100",
            "mkdocs>=1.6",
            "mypy>=1.16",
            "openstacksdk>=4.0",
            "opentelemetry-sdk>=1.30",
            "pandas>=2.2",
            "pyarrow>=18",
            "pyright[nodejs]>=1.1.400",
            "pyroma>=5",
            "pytest-xdist>=3.6.1",
            "pytest>=8.3",
            "pyyaml>=6",
            "rich>=13.7",
            "ruff>=0.12",
            "tqdm>=4.66",
            "trio>=0.27",
            "universal_pathlib>=0.2.6",
            "uvicorn>=0.30",
            "xarray>=2025.7",
            "zarr>=3.1.2",
        ],
    },
    entry_points={
        "console_scripts": ["obs = obs_client.__main__:main"],
        "fsspec.specs": [
            "obs = obs_client.fsspec:NamedStoreFileSystem",
            "obs+az = obs_client.fsspec:AzureStoreFileSystem",
            "obs+file = obs_client.fsspec:LocalStoreFileSystem",
            "obs+gs = obs_client.fsspec:GoogleStoreFileSystem",
            "obs+memory = obs_client.fsspec:MemoryStoreFileSystem",
            "obs+s3 = obs_client.fsspec:S3StoreFileSystem",
            "obs+swift = obs_client.fsspec:SwiftStoreFileSystem",
        ],
        "universal_pathlib.implementations": [
            "obs = obs_client.fsspec.upath:ObjectStoragePath",
            "obs+az = obs_client.fsspec.upath:ObjectStoragePath",
            "obs+file = obs_client.fsspec.upath:ObjectStoragePath",
            "obs+gs = obs_client.fsspec.upath:ObjectStoragePath",
            "obs+memory = obs_client.fsspec.upath:ObjectStoragePath",
            "obs+s3 = obs_client.fsspec.upath:ObjectStoragePath",
            "obs+swift = obs_client.fsspec.upath:ObjectStoragePath",
        ],
    },
    classifiers=[
        "Development Status :: 5 - Production/Stable",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: System Administrators",
        "Operating System :: MacOS",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Internet :: WWW/HTTP",
        "Topic :: Software Development :: Libraries :: Python Modules",
        "Topic :: System :: Archiving :: Backup",
        "Typing :: Typed",
    ],
)
