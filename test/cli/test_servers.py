"""The command against real servers: SeaweedFS by S3, and OpenStack Swift."""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from obs_client.cli.stopping import GRACE
from test.cli.process import ENVIRONMENT, OBS, soon
from test.cli.running import check_commands, done, failed, file_url, lines, run
from test.servers import RunningServer, SwiftServer
from test.servers.requests.login import Login
from test.servers.shared import Servers


@pytest.fixture(params=["seaweedfs", "swift"])
def store(request: pytest.FixtureRequest, servers: Servers, environment: pytest.MonkeyPatch) -> str:
    """The URL of a store, up to the container's name; the login is in the environment."""
    server = servers.seaweedfs() if request.param == "seaweedfs" else servers.swift()
    for name, value in server.environment().items():
        environment.setenv(name, value)
    return "s3://" if request.param == "seaweedfs" else "swift://"


def test_the_commands_on_an_emulator_of_google(
    servers: Servers, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the variable that Google's own tools read."""
    environment.setenv("STORAGE_EMULATOR_HOST", servers.fake_gcs().credentials["STORAGE_EMULATOR_HOST"])
    check_commands("gs://", tmp_path)


def test_the_commands_on_a_server(store: str, tmp_path: Path) -> None:
    check_commands(store, tmp_path)


def test_containers_of_one_store_share_a_client_and_are_not_taken_for_each_other(store: str, tmp_path: Path) -> None:
    one, two = f"{store}several-one", f"{store}several-two"
    done("mb", one, two)
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    done("put", tmp_path / "a", tmp_path / "b", f"{one}/")
    done("put", tmp_path / "c", f"{two}/")
    result = run("cp", f"{one}/a", f"{one}/never", f"{two}/c", f"{two}/folder/")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 2), result.output
    assert "there is no object 'never' in 'several-one'" in result.stderr
    assert done("ls", "-r", two).split() == ["c", "folder/a", "folder/c"]
    result = run("rm", f"{two}/a", f"{one}/a", f"{two}/c")
    assert (result.exit_code, "there is no object 'a' in 'several-two'" in result.stderr) == (3, True)
    assert lines("rm", "-f", f"{store}several-three/x") == [{"type": "absent", "name": "x"}]
    assert (done("ls", "-r", one).split(), done("ls", "-r", two).split()) == (["b"], ["folder/a", "folder/c"])
    done("rm", "-r", "--yes", f"{one}/b", f"{two}/folder")
    assert done("ls", "-r", one) == done("ls", "-r", two) == ""
    assert run("--quiet", "check", one, f"{two}/folder").exit_code == 3
    done("rb", one, two)


def test_a_large_object_goes_through_pipes_whole(store: str, tmp_path: Path) -> None:
    container = f"{store}large"
    content = bytes(range(256)) * 130_000
    done("mb", container)
    done("put", "-", f"{container}/x", stdin=content)
    assert run("cat", f"{container}/x").stdout_bytes == content
    done("get", f"{container}/x", tmp_path)
    assert (tmp_path / "x").read_bytes() == content
    assert done("cleanup", container, "--older-than", "0s") == ""
    done("rb", "--force", "--yes", container)


def test_a_stopped_upload_leaves_nothing(store: str) -> None:
    container = f"{store}stopped"
    done("mb", container)
    process = subprocess.Popen(
        [*OBS, "put", "-", f"{container}/x"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, **os.environ, "PYTHONPATH": ENVIRONMENT["PYTHONPATH"]},
    )
    with process:
        assert process.stdin
        process.stdin.write(bytes(60_000_000))
        process.send_signal(signal.SIGTERM)
        assert process.wait(soon(120, 2 * GRACE)) == 143
        assert process.stderr
        assert b"stopped" in process.stderr.read()
    assert done("ls", "-r", container) == ""
    assert done("cleanup", container, "--older-than", "0s") == ""
    done("rb", container)


def test_a_signed_url_works_without_a_login(store: str) -> None:
    container = f"{store}signed"
    url = f"{container}/x" + ("?create_temp_url_key=true" if store == "swift://" else "")
    done("mb", container)
    put = done("url", "put", url, "--expires", "5m").strip()
    with urllib.request.urlopen(urllib.request.Request(put, b"by url", method="PUT")) as answer:
        assert answer.status in (200, 201)
    with urllib.request.urlopen(done("url", "get", url).strip()) as answer:
        assert answer.read() == b"by url"
    named = ("--content-disposition", 'attachment; filename="y"')
    with urllib.request.urlopen(done("url", "get", url, *named).strip()) as answer:
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="y"')
    bound = ("url", "put", url, "--content-type", "text/x-own", "--size", "3")
    if store == "s3://":
        assert lines(*bound)[0]["headers"] == {"Content-Type": "text/x-own"}
        assert "must carry the header Content-Type: text/x-own" in run(*bound).stderr
    else:
        assert "capabilities.upload_url_content_type is False" in failed(1, *bound)
    done("rb", "--force", "--yes", container)


def test_a_tree_goes_round_and_is_proved(
    seaweedfs: RunningServer, swift: SwiftServer, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {**swift.environment(), **seaweedfs.environment()}.items():
        environment.setenv(name, value)
    source, back = tmp_path / "source", tmp_path / "back"
    (source / "deep" / "er").mkdir(parents=True)
    for name in ("empty", "text.txt", "deep/ü", "deep/er/x"):
        (source / name).write_text("" if name == "empty" else name)
    done("mb", "swift://round", "s3://round")
    for start, end in ((source, "swift://round/tree"), ("swift://round/tree", "s3://round/t"), ("s3://round/t", back)):
        assert "copied 4 " in done("sync", start, end)
        assert "copied 0 " in done("sync", start, end)
        assert "4 objects the same" in done("check", start, end)
    assert "4 objects the same" in done("check", source, back)
    done("cp", "s3://round/t/text.txt", "swift://round/copied")
    assert done("cat", "swift://round/copied") == "text.txt"
    done("rb", "--force", "--yes", "swift://round", "s3://round")


def test_what_is_not_there_is_told_plainly(store: str, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    done("mb", f"{store}there")
    done("put", tmp_path / "x", f"{store}there/folder/x")
    for arguments in (
        ("ls",),
        ("cat",),
        ("du",),
        ("info",),
        ("rm",),
        ("put", str(tmp_path / "x")),
        ("sync", str(tmp_path)),
    ):
        said = failed(3, *arguments, f"{store}nowhere" + "/x" * (arguments[0] in ("cat", "rm")))
        assert said.startswith("obs: there is no container 'nowhere' (obs mb creates "), said
    assert failed(3, "cleanup", f"{store}nowhere").startswith("obs: there is no container 'nowhere'")
    assert "is no object 'x' in 'there' (obs ls" in failed(3, "get", f"{store}there/x", tmp_path / "y")
    assert "'folder' in 'there' is a folder, not an object (obs sync" in failed(3, "get", f"{store}there/folder")
    assert not (tmp_path / "y").exists()
    done("rb", "--force", "--yes", f"{store}there")


def test_an_object_is_no_folder_to_sync_or_check(store: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    done("mb", f"{store}objects")
    one, other, absent = (f"{store}objects/one/{name}.txt" for name in "xyz")
    done("put", tmp_path / "x", one)
    done("put", tmp_path / "x", other)
    said = "obs: 'one/x.txt' in 'objects' is an object; sync and check take folders (obs cp copies one)\n"
    calls: list[tuple[str, ...]] = [
        ("check", one, other),
        ("check", str(tmp_path), one),
        ("check", one, absent),
        ("sync", one, "new"),
    ]
    calls += [
        ("sync", one, str(tmp_path), *how) for how in (["--dry-run"], ["--delete"], ["--json"], ["--delete", "-y"])
    ]
    for arguments in calls:
        result = run(*arguments)
        assert (result.exit_code, result.stderr) == (2, said), (arguments, result.output)
    assert (tmp_path / "x").exists()
    assert "holds no names" in failed(3, "check", f"{store}objects/one", absent, "-q", "--include", "typo")
    done("rb", "--force", "--yes", f"{store}objects")


def test_what_a_folder_is_told_to_be_is_of_use_to_the_command(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_text("x")
    for name in ("folder", "here"):
        (tmp_path / name).mkdir()
    done("mb", f"{store}folders")
    done("put", "x", f"{store}folders/folder/x")
    done("put", "x", f"{store}folders/here")
    url = f"{store}folders/folder"
    for arguments, hint in (
        (("get",), "obs sync copies folders, as does -r"),
        (("rm",), "-r deletes folders"),
        (("info",), "obs ls shows what is in it"),
        (("cat",), "obs ls shows what is in it"),
        (("meta", "show"), "obs ls shows what is in it"),
    ):
        said = failed(3, *arguments, url)
        assert said == f"obs: 'folder' in 'folders' is a folder, not an object ({hint})\n", arguments
    assert "(obs sync copies folders, as does -r)" in failed(3, "cp", url, "copy")
    assert "here' is a directory; use the name" in failed(1, "get", f"{store}folders/here")
    assert "there is no object 'token=abc' in 'folders'" in failed(3, "cat", f"{store}folders/token=abc")
    done("rb", "--force", "--yes", f"{store}folders")


def test_metadata_that_swift_drops_are_not_tried_again(
    swift: SwiftServer, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in swift.environment().items():
        environment.setenv(name, value)
    (tmp_path / "docs").mkdir()
    done("put", "-", file_url(tmp_path / "docs", "x"), "-m", "my_key=1", stdin=b"x")
    done("mb", "swift://dropped")
    result = run("sync", tmp_path / "docs", "swift://dropped")
    assert (result.exit_code, "again" in result.stderr) == (1, False), result.stderr
    assert "--metadata dashes" in result.stderr
    done("sync", tmp_path / "docs", "swift://dropped", "--metadata", "dashes")
    assert done("meta", "show", "swift://dropped/x") == "my-key=1\n"
    done("rb", "--force", "--yes", "swift://dropped")


def test_public_data_are_read_without_a_login(swift: SwiftServer, environment: pytest.MonkeyPatch) -> None:
    url = f"{swift.storage_url}/public"
    for name, value in swift.environment().items():
        environment.setenv(name, value)
    done("mb", url)
    done("put", "-", f"{url}/x", stdin=b"for all")
    said = failed(1, "cat", f"{url}/x?anonymous=true")
    assert "credentials" in said
    assert "<html>" not in said
    Login(swift.accounts["member"]).send("POST", "/public", headers={"X-Container-Read": ".r:*,.rlistings"})
    for name in swift.environment():
        environment.delenv(name)
    assert done("cat", f"{url}/x?anonymous=true") == "for all"
    assert done("ls", f"{url}?anonymous=true") == "x\n"
    assert "anonymous=true" in failed(2, "cat", f"{url}/x")


def test_an_anonymous_url_signs_nothing(seaweedfs: RunningServer, environment: pytest.MonkeyPatch) -> None:
    for name, value in seaweedfs.environment().items():
        environment.setenv(name, value)
    options = f"anonymous=true&endpoint_url={seaweedfs.endpoint_url}&region={seaweedfs.region}"
    assert "credentials" in failed(1, "ls", f"s3://secret?{options}")
    assert "cannot sign URLs" in failed(2, "url", "get", f"s3://secret/x?{options}")


def test_wrong_keys_are_one_line(seaweedfs: RunningServer, environment: pytest.MonkeyPatch) -> None:
    for name, value in {**seaweedfs.environment(), "AWS_SECRET_ACCESS_KEY": "canary"}.items():
        environment.setenv(name, value)
    for debug in ((), ("--debug",)):
        result = run("ls", "s3://container", *debug)
        assert result.exit_code == 1
        assert "credentials" in result.stderr
        assert "canary" not in result.output
        assert "Signature=" not in result.output
