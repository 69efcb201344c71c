"""The servers as tests see them."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .azurite.environment import azurite_command
from .environment import servers_python
from .errors import ServerError, tail
from .fake_gcs.environment import fake_gcs_program
from .lean.environment import rclone_program, s3rver_command
from .limits import SwiftLimits
from .process import ServerProcess, child_environment

RADOSGW_PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")


@dataclass(frozen=True, slots=True)
class Account:
    """One login to a server.

    Attributes:
        credentials: The login by the environment's own names: `ST_*` or `OS_*` for Swift, `AZURE_*` for Azurite, else
            `AWS_*`.
        s3_credentials: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` of the same user.
        storage_url: The Swift URL of the user's account or project; empty on servers that speak S3 only.
        ids: What Keystone calls by ids, by the environment's own names: `OS_PROJECT_ID`, `OS_USER_ID` and the domains'.
    """

    credentials: Mapping[str, str]
    s3_credentials: Mapping[str, str]
    storage_url: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


class RunningServer:
    """A server on loopback, until `stop()` or the end of the `with`."""

    def __init__(
        self, kind: str, *, cache: Path | None, scratch: Path | None, python: Path | None = None, **request: Any
    ) -> None:
        self.kind = kind
        self._python = python or servers_python(cache)
        place = None if scratch is None else str(scratch.absolute())
        self.process = ServerProcess(self._python, {"kind": kind, "scratch": place, **request})
        ready = self.process.ready
        self.endpoint_url: str = ready["endpoint_url"]
        self.region: str = ready["region"]
        self.accounts = {name: Account(**account) for name, account in ready["accounts"].items()}

    @property
    def credentials(self) -> Mapping[str, str]:
        """The login of the user who may read and write."""
        return self.accounts["member"].credentials

    @property
    def s3_credentials(self) -> Mapping[str, str]:
        """The S3 keys of the user who may read and write."""
        return self.accounts["member"].s3_credentials

    @property
    def reader(self) -> Account:
        """A user who may only read the same containers."""
        return self.accounts["reader"]

    def environment(self) -> dict[str, str]:
        """Give everything to export for using the server as the user who may read and write."""
        s3 = {"AWS_ENDPOINT_URL": self.endpoint_url, "AWS_REGION": self.region}
        return {**self.credentials, **self.s3_credentials, **s3}

    def stop(self) -> None:
        """Stop the server and remove its data; see `ServerProcess.stop`."""
        self.process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


class SwiftServer(RunningServer):
    """OpenStack Swift: proxy, account, container and object server; `endpoint_url` is that of its s3api.

    The accounts are `member`, `reader`, `second` (another account or project) and `admin` (of all of them); besides,
    with v1 auth, `stranger` (a user of the member's account without a right), and behind Keystone
    `application_credential` (of the member).
    """

    def __init__(self, kind: str, limits: SwiftLimits, *, cache: Path | None, scratch: Path | None) -> None:
        super().__init__(kind, cache=cache, scratch=scratch, limits=limits.to_json())
        self.limits = limits
        self.auth_url: str = self.process.ready["auth_url"]

    @property
    def storage_url(self) -> str:
        """The storage URL of the user who may read and write."""
        return self.accounts["member"].storage_url

    @property
    def second(self) -> Account:
        """A user who may read and write in another account or project, and has no right in the first."""
        return self.accounts["second"]

    @property
    def admin(self) -> Account:
        """A user who may do everything in every account."""
        return self.accounts["admin"]

    def run_container_updater(self) -> None:
        """Bring the totals of the accounts up to date: objects and bytes stay as they were without it."""
        self._run_daemon("container-updater")

    def run_object_expirer(self) -> None:
        """Take expired objects off the listings; without it they stay there, though nobody can read them."""
        self._run_daemon("object-expirer")

    def _run_daemon(self, name: str) -> None:
        done = subprocess.run(
            [str(self._python), "-m", "test.servers.inside.swift.daemon", str(self.process.directory / "etc"), name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=child_environment(),
            timeout=120,
        )
        if done.returncode != 0:
            raise ServerError(f"{name} failed\n{tail(done.stdout)}")


class AzuriteServer(RunningServer):
    """Azurite: Azure's blobs. The accounts are `member`, `second`, and `development`, which every emulator has."""

    def environment(self) -> dict[str, str]:
        """Give everything to export for using the server as its member."""
        keys = self.credentials
        pairs = {
            "AccountName": keys["AZURE_STORAGE_ACCOUNT"],
            "AccountKey": keys["AZURE_STORAGE_KEY"],
            "BlobEndpoint": self.storage_url,
        }
        text = ";".join(f"{name}={value}" for name, value in pairs.items())
        return {"AZURE_STORAGE_CONNECTION_STRING": text}

    @property
    def storage_url(self) -> str:
        """The URL of the member's account."""
        return self.accounts["member"].storage_url


def start_swift(
    limits: SwiftLimits | None = None, *, cache: Path | None = None, scratch: Path | None = None
) -> SwiftServer:
    """Start OpenStack Swift with its own v1 auth.

    Args:
        limits: What differs from Swift's defaults.
        cache: Where the servers' virtual environment is kept; see `servers_python`.
        scratch: The folder to put the server's data in; by default one in memory where there is room, which carries
            extended attributes, else the folder for temporary files.

    Raises:
        ServerError: It did not start; the message has the tail of its log.
    """
    return SwiftServer("swift", limits or SwiftLimits(), cache=cache, scratch=scratch)


def start_keystone(
    limits: SwiftLimits | None = None, *, cache: Path | None = None, scratch: Path | None = None
) -> SwiftServer:
    """Start OpenStack Swift behind a Keystone of its own; arguments and errors as for `start_swift`."""
    return SwiftServer("keystone", limits or SwiftLimits(), cache=cache, scratch=scratch)


def start_seaweedfs(*, cache: Path | None = None, scratch: Path | None = None) -> RunningServer:
    """Start SeaweedFS with its S3 gateway; arguments and errors as for `start_swift`."""
    return RunningServer("seaweedfs", cache=cache, scratch=scratch)


def start_moto(*, cache: Path | None = None, scratch: Path | None = None) -> RunningServer:
    """Start moto's server, which keeps objects in memory and checks no signature; arguments as for `start_swift`."""
    return RunningServer("moto", cache=cache, scratch=scratch)


def start_fake_gcs(*, cache: Path | None = None, scratch: Path | None = None) -> RunningServer:
    """Start fake-gcs-server, which keeps objects in memory and checks no login; arguments as for `start_swift`."""
    program, python = str(fake_gcs_program(cache)), Path(sys.executable)
    return RunningServer("fake-gcs-server", cache=cache, scratch=scratch, python=python, program=program)


def start_rclone(*, cache: Path | None = None, scratch: Path | None = None) -> RunningServer:
    """Start `rclone serve s3` over a folder; arguments as for `start_swift`."""
    program, python = str(rclone_program(cache)), Path(sys.executable)
    return RunningServer("rclone", cache=cache, scratch=scratch, python=python, command=[program])


def start_s3rver(*, cache: Path | None = None, scratch: Path | None = None) -> RunningServer:
    """Start s3rver over a folder; arguments as for `start_swift`.

    It ends with an error when it cannot write a file: a name that is too long for one, a container deleted meanwhile.
    """
    command, python = s3rver_command(cache), Path(sys.executable)
    return RunningServer("s3rver", cache=cache, scratch=scratch, python=python, command=command)


def start_google(*, token_life: float = 3600.0, scratch: Path | None = None) -> RunningServer:
    """Start a double of Google Cloud Storage, with the Python and the packages of this run.

    Its accounts are `member` and `stranger`, each with a service account's key.

    Args:
        token_life: Seconds for which a token is valid.
        scratch: As for `start_swift`.
    """
    return RunningServer("google", cache=None, scratch=scratch, python=Path(sys.executable), token_life=token_life)


def start_radosgw(*, cache: Path | None = None, scratch: Path | None = None) -> RunningServer:
    """Start Ceph's gateway with a cluster in memory; arguments as for `start_swift`.

    Its accounts are `member` and `second`, each with S3 keys and a login to its Swift API.

    Raises:
        ServerError: Also if its programs are not on this machine; they cannot be installed from the package index.
    """
    if missing := missing_programs():
        raise ServerError(f"Ceph's gateway needs {', '.join(missing)} (Debian: ceph-mon ceph-osd radosgw ceph-common)")
    return RunningServer("radosgw", cache=cache, scratch=scratch)


def start_azurite(
    certificate: tuple[Path, Path] | None = None, *, cache: Path | None = None, scratch: Path | None = None
) -> AzuriteServer:
    """Start Azurite, which keeps everything in memory; arguments as for `start_swift`.

    Args:
        certificate: The files of a certificate and its key, to speak TLS and take tokens too.
    """
    secured = ["--cert", str(certificate[0]), "--key", str(certificate[1])] if certificate else []
    command = azurite_command(cache)
    return AzuriteServer("azurite", cache=cache, scratch=scratch, command=command, certificate=secured)


def missing_programs() -> list[str]:
    """The programs of Ceph's gateway that this machine does not have."""
    return [name for name in RADOSGW_PROGRAMS if shutil.which(name) is None]
