"""`LocalClient`'s root and containers, and what both clients make of the system's errors."""

from __future__ import annotations

import errno
import functools
import os
import pickle
import shutil
from pathlib import Path

import pytest

from obs_client.backend.values import NewObject
from obs_client.backends.local.store import FileStore, LocalClient
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ConflictError,
    ContainerNotEmptyError,
    ContainerNotFoundError,
    InvalidNameError,
    ServiceError,
    TemporaryError,
)
from test.local.support import PLAIN


def test_an_absent_root_is_said_at_first_use_and_not_before(tmp_path: Path) -> None:
    for root in (tmp_path / "absent", tmp_path / "file"):
        (tmp_path / "file").touch()
        client = LocalClient(root, "c")
        for use in (client.container_list, client.object_list, functools.partial(client.container_create, "c")):
            with pytest.raises(ConfigurationError, match="create it, or use the path"):
                use()
    with pytest.raises(TypeError, match="root must be a str or a path of str, not int"):
        LocalClient(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        LocalClient(b"root")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        LocalClient("")


def test_a_relative_root_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root" / "c").mkdir(parents=True)
    (tmp_path / "link").symlink_to("root")
    monkeypatch.chdir(tmp_path)
    client = LocalClient("link", "c")
    monkeypatch.chdir("/")
    pickle.loads(pickle.dumps(client)).object_write("a", b"content")
    assert (tmp_path / "root" / "c" / "a").read_bytes() == b"content"


def test_containers_are_the_directories_and_no_links(tmp_path: Path) -> None:
    client = LocalClient(tmp_path / "root")
    (tmp_path / "root" / "real").mkdir(parents=True)
    (tmp_path / "root" / "file").touch()
    (tmp_path / "root" / "link").symlink_to("real")
    assert [container.name for container in client.container_list()] == ["real"]
    assert client.container_info("real") is not None
    assert client.container_create("real") is False
    for name in ("link", "file", "absent"):
        assert client.container_info(name) is None
        with pytest.raises(ContainerNotFoundError) as caught:
            client.object_write("a", b"", container_name=name)
        assert caught.value.container == name
    with pytest.raises(ConflictError, match="remove or rename it"):
        client.container_create("link")
    with pytest.raises(InvalidNameError):
        client.container_create("x" * 256)


def test_deleting_a_container_takes_empty_folders_and_leftovers_but_nothing_foreign(
    local: LocalClient, container: Path
) -> None:
    (container / "empty" / "tree").mkdir(parents=True)
    (container / "empty" / ("%obs_t_" + "0" * 16)).touch()
    (container / "empty" / "%obs_s_123456").touch()
    for plant in (lambda path: path.symlink_to("x"), os.mkfifo, lambda path: path.touch()):
        plant(container / "empty" / "tree" / "thing")
        with pytest.raises(ContainerNotEmptyError, match="empty/tree/thing"):
            local._container_delete("c")
        (container / "empty" / "tree" / "thing").unlink()
    upload = local._object_multipart(NewObject("c", "large", PLAIN, 4))
    with pytest.raises(ContainerNotEmptyError, match="just being written"):
        local._container_delete("c")
    upload.abort()
    local._container_delete("c")
    assert not container.exists()


def test_a_container_that_goes_while_it_is_listed_is_not_an_empty_one(
    client: FileStore, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (container / str(number)).touch()
    scan = os.scandir

    def remove_and_scan(directory: int) -> object:
        monkeypatch.setattr(os, "scandir", scan)
        shutil.rmtree(container)
        return scan(directory)

    monkeypatch.setattr(os, "scandir", remove_and_scan)
    with pytest.raises(ContainerNotFoundError):
        client.object_list()


def test_errors_of_the_system_have_one_kind_each(client: FileStore) -> None:
    kinds = {
        errno.EACCES: AuthorizationError, errno.EROFS: AuthorizationError, errno.ENOSPC: ServiceError,
        errno.EFBIG: ServiceError, errno.EMFILE: TemporaryError, errno.ESTALE: TemporaryError,
        errno.ENAMETOOLONG: InvalidNameError, errno.EXDEV: ServiceError, errno.ETIMEDOUT: TemporaryError,
    }  # fmt: skip
    for number, kind in kinds.items():
        assert client._classify_error(OSError(number, "x")) is kind
    assert client._classify_error(ValueError()) is None


def test_an_error_of_the_system_says_what_to_do(client: FileStore) -> None:
    for number, words in ((errno.EACCES, "permissions"), (errno.ENOSPC, "make room"), (errno.EMFILE, "ulimit")):
        assert words in client._hint(OSError(number, "x"))
    assert client._hint(ValueError()) == client._hint(OSError(errno.EXDEV, "x")) == ""
