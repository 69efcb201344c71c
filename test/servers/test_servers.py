"""The servers that the other tests rely on: they start, keep the limits asked for, and leave nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from test.servers import (
    RunningServer,
    ServerError,
    SwiftLimits,
    SwiftServer,
    environment,
    start_keystone,
    start_moto,
    start_seaweedfs,
    start_swift,
    web,
)
from test.servers.login import Login
from test.servers.signing import signed_headers

ROOT = Path(__file__).parents[2]
MEBIBYTE = 1024 * 1024
#: A server of the one kind or the other.
Server = TypeVar("Server", bound=RunningServer)
LIMITS = SwiftLimits(container_listing_limit=5, max_file_size=MEBIBYTE, max_manifest_segments=3)


@pytest.fixture(scope="module")
def swift() -> Iterator[SwiftServer]:
    yield from lend(start_swift(LIMITS))


@pytest.fixture(scope="module")
def keystone() -> Iterator[SwiftServer]:
    yield from lend(start_keystone(replace(LIMITS, token_life=5)))


@pytest.fixture(scope="module")
def seaweedfs() -> Iterator[RunningServer]:
    yield from lend(start_seaweedfs())


@pytest.fixture(scope="module")
def moto() -> Iterator[RunningServer]:
    yield from lend(start_moto())


def lend(server: Server) -> Iterator[Server]:
    """Lend a server to the tests, and see that nothing is left of it when it has stopped."""
    with server:
        directory, files = server.process.directory, adopted(server)
        assert processes(directory)
        yield server
    expect_no_traces(directory, files, seconds=0)


def adopted(server: RunningServer) -> list[Path]:
    """Give the files that a server has outside of its folder: four sockets in the case of SeaweedFS, else none."""
    listed = server.process.directory / "outside"
    files = [Path(line) for line in listed.read_text().splitlines()] if listed.exists() else []
    assert [path.exists() for path in files] == ([True] * 4 if server.kind == "seaweedfs" else [])
    return files


def send_s3(
    server: RunningServer, method: str, path: str, body: bytes = b"", keys: Mapping[str, str] | None = None
) -> web.Answer:
    url = server.endpoint_url + path
    headers = signed_headers(method, url, keys or server.s3_credentials, region=server.region, body=body)
    return web.request(method, url, headers=headers, body=body)


def check_put_and_get(login: Login, container: str) -> None:
    assert login.send("PUT", f"/{container}").status == 201
    assert login.send("PUT", f"/{container}/a", b"content").status == 201
    assert login.send("GET", f"/{container}/a").body == b"content"


def check_limits(login: Login, container: str) -> None:
    """Ask for one more than each lowered limit allows."""
    assert login.send("PUT", f"/{container}").status == 201
    assert login.send("PUT", f"/{container}/large", bytes(MEBIBYTE)).status == 201
    assert login.send("PUT", f"/{container}/larger", bytes(MEBIBYTE + 1)).status == 413
    for number in range(6):
        assert login.send("PUT", f"/{container}/{number}", b"x").status == 201
    assert len(json.loads(login.send("GET", f"/{container}?format=json").body)) == 5
    for count, status in ((3, 201), (4, 413)):
        manifest = json.dumps([{"path": f"/{container}/{number}"} for number in range(count)]).encode()
        assert login.send("PUT", f"/{container}/slo?multipart-manifest=put", manifest).status == status
    assert login.send("GET", f"/{container}/slo").body == b"xxx"


def check_s3(server: RunningServer, container: str) -> None:
    assert send_s3(server, "PUT", f"/{container}").status == 200
    assert send_s3(server, "PUT", f"/{container}/a", b"content").status == 200
    assert send_s3(server, "GET", f"/{container}/a").body == b"content"


def check_reader(login: Login, container: str, reader: Login) -> None:
    assert login.send("PUT", f"/{container}").status == 201
    assert login.send("PUT", f"/{container}/a", b"content").status == 201
    assert reader.storage_url == login.storage_url
    assert reader.send("GET", f"/{container}/a").body == b"content"
    assert reader.send("PUT", f"/{container}/b", b"content").status == 403


def test_swift_answers(swift: SwiftServer) -> None:
    login = Login(swift.accounts["member"])
    assert login.storage_url == swift.storage_url
    check_put_and_get(login, "answers")


def test_swift_has_the_lowered_limits(swift: SwiftServer) -> None:
    check_limits(Login(swift.accounts["member"]), "limits")


def test_swift_tells_its_limits(swift: SwiftServer) -> None:
    told = json.loads(web.request("GET", f"{swift.endpoint_url}/info").body)
    assert told["swift"]["container_listing_limit"] == 5
    assert told["swift"]["max_file_size"] == MEBIBYTE
    assert told["slo"]["max_manifest_segments"] == 3
    wanted = {"tempurl", "bulk_delete", "bulk_upload", "versioned_writes", "object_versioning", "symlink", "s3api"}
    assert wanted <= set(told)
    assert {"container_quotas", "account_quotas"} <= set(told)


def test_swift_tokens_run_out() -> None:
    with start_swift(SwiftLimits(token_life=2)) as server:
        check_token_life(Login(server.accounts["member"]))


def test_swift_users_have_different_rights(swift: SwiftServer) -> None:
    login = Login(swift.accounts["member"])
    check_reader(login, "rights", Login(swift.reader))
    check_strangers(swift, "rights")


def test_swift_speaks_s3(swift: SwiftServer) -> None:
    check_s3(swift, "s3-answers")
    wrong = {**swift.s3_credentials, "AWS_SECRET_ACCESS_KEY": "wrong"}
    assert send_s3(swift, "GET", "/s3-answers/a", keys=wrong).status == 403


def test_swift_daemons_run_once(swift: SwiftServer) -> None:
    login = Login(swift.second)
    assert login.send("PUT", "/expiring").status == 201
    assert login.send("PUT", "/expiring/a", b"content", {"X-Delete-After": "1"}).status == 201
    swift.run_container_updater()
    assert Login(swift.second).send("HEAD", "").headers["x-account-object-count"] == "1"
    time.sleep(1.1)
    assert names(Login(swift.second), "expiring") == ["a"]
    swift.run_object_expirer()
    assert names(Login(swift.second), "expiring") == []


def names(login: Login, container: str) -> list[str]:
    return [entry["name"] for entry in json.loads(login.send("GET", f"/{container}?format=json").body)]


def test_a_cluster_can_lack_filters() -> None:
    with start_swift(SwiftLimits(without=("slo", "tempurl", "bulk", "s3api"))) as server:
        told = json.loads(web.request("GET", f"{server.endpoint_url}/info").body)
        assert not {"slo", "tempurl", "bulk_delete", "s3api"} & set(told)
        check_put_and_get(Login(server.accounts["member"]), "answers")


def test_keystone_answers(keystone: SwiftServer) -> None:
    login = Login(keystone.accounts["member"])
    assert login.storage_url == keystone.storage_url
    check_put_and_get(login, "answers")
    assert Login(keystone.accounts["application_credential"]).send("GET", "/answers/a").body == b"content"


def test_keystone_has_the_lowered_limits(keystone: SwiftServer) -> None:
    check_limits(Login(keystone.accounts["member"]), "limits")


def test_keystone_tokens_run_out(keystone: SwiftServer) -> None:
    check_token_life(Login(keystone.accounts["second"]))


def check_token_life(login: Login) -> None:
    """Expect a token of few seconds to work at first, and to be refused within ten."""
    headers, began = {"X-Auth-Token": login.token}, time.monotonic()
    assert web.request("GET", login.storage_url, headers=headers).status in (200, 204)
    while web.request("GET", login.storage_url, headers=headers).status != 401:
        assert time.monotonic() - began < 10
        time.sleep(0.2)


def test_keystone_users_have_different_rights(keystone: SwiftServer) -> None:
    check_reader(Login(keystone.accounts["member"]), "rights", Login(keystone.reader))
    check_strangers(keystone, "rights")


def check_strangers(server: SwiftServer, container: str) -> None:
    """Expect the second account's user to be refused, and the administrator of all to be let in."""
    for account, status in ((server.second, 403), (server.admin, 200)):
        headers = {"X-Auth-Token": Login(account).token}
        assert web.request("GET", f"{server.storage_url}/{container}/a", headers=headers).status == status


def test_keystone_speaks_s3(keystone: SwiftServer) -> None:
    check_s3(keystone, "s3-answers")
    assert send_s3(keystone, "GET", "/s3-answers/a", keys=keystone.reader.s3_credentials).status == 200
    assert send_s3(keystone, "PUT", "/s3-answers/b", keys=keystone.reader.s3_credentials).status == 403


def test_seaweedfs_answers(seaweedfs: RunningServer) -> None:
    check_s3(seaweedfs, "answers")


def test_seaweedfs_checks_signatures(seaweedfs: RunningServer) -> None:
    answer = web.request("GET", f"{seaweedfs.endpoint_url}/")
    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in answer.body
    wrong = {**seaweedfs.s3_credentials, "AWS_SECRET_ACCESS_KEY": "wrong"}
    assert b"<Code>SignatureDoesNotMatch</Code>" in send_s3(seaweedfs, "GET", "/", keys=wrong).body


def test_seaweedfs_reader_may_only_read(seaweedfs: RunningServer) -> None:
    check_s3(seaweedfs, "readable")
    keys = seaweedfs.reader.s3_credentials
    assert send_s3(seaweedfs, "GET", "/readable/a", keys=keys).body == b"content"
    assert send_s3(seaweedfs, "PUT", "/readable/b", keys=keys).status == 403


def test_seaweedfs_does_as_s3_does(seaweedfs: RunningServer) -> None:
    check_s3(seaweedfs, "strict")
    assert send_s3(seaweedfs, "DELETE", "/strict").status == 409
    assert send_s3(seaweedfs, "PUT", "/not-made/a").status == 404


def test_moto_answers(moto: RunningServer) -> None:
    check_s3(moto, "answers")
    assert b"<Code>NoSuchBucket</Code>" in send_s3(moto, "GET", "/absent/a").body


def processes(directory: Path) -> list[int]:
    """Give the ids of the processes that work in a server's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or it is not ours to look at
            if str(directory) in os.readlink(process / "cwd"):
                found.append(int(process.name))
    return found


def traces(directory: Path) -> list[object]:
    """Give the processes that work in a server's folder, and the folder itself."""
    return [*processes(directory), *([directory] if directory.exists() else [])]


def expect_no_traces(directory: Path, files: list[Path], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (found := [*traces(directory), *filter(Path.exists, files)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not found


@pytest.mark.parametrize("kind", ["swift", "keystone", "seaweedfs", "moto"])
def test_nothing_is_left_after_the_test_run_was_killed(kind: str) -> None:
    code = f"""
import time
from test import servers, test_servers
server = servers.start_{kind}()
print(server.process.directory, *test_servers.adopted(server), flush=True)
time.sleep(600)
"""
    with run_python("-c", code) as run:
        directory, *files = map(Path, first_line(run).split())
        assert processes(directory)
        run.kill()
    expect_no_traces(directory, files, seconds=10)


def run_python(*arguments: str) -> subprocess.Popen[str]:
    """Start a program that can import this package."""
    paths = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    return subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=paths, cwd=ROOT)


def first_line(run: subprocess.Popen[str]) -> str:
    assert run.stdout is not None
    return run.stdout.readline().strip()


def test_nothing_is_left_when_the_test_run_is_killed_during_the_start(tmp_path: Path) -> None:
    code = f"import pathlib, test.servers as s; s.start_keystone(scratch=pathlib.Path({str(tmp_path)!r}))"
    with run_python("-c", code) as run:
        deadline = time.monotonic() + 30
        while len(processes(tmp_path)) < 2 and time.monotonic() < deadline:  # Keystone's and Swift's
            time.sleep(0.05)
        assert len(processes(tmp_path)) >= 2
        (directory,) = tmp_path.iterdir()
        run.kill()
    expect_no_traces(directory, [], seconds=10)


def test_the_guardian_may_be_killed_too() -> None:
    server = start_seaweedfs()
    directory, files = server.process.directory, adopted(server)
    os.kill(server.process.guardian_id, signal.SIGKILL)
    server.stop()
    expect_no_traces(directory, files, seconds=10)


def test_what_killed_runs_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left, outside = tmp_path / "obs-client-servers-left", tmp_path / "some.sock"
    left.mkdir()
    outside.touch()
    (left / "outside").write_text(f"{outside}\n")
    os.utime(left, (0, 0))
    with start_moto(scratch=tmp_path) as first:
        os.utime(first.process.directory, (0, 0))
        with start_moto(scratch=tmp_path) as second:
            assert set(tmp_path.iterdir()) == {first.process.directory, second.process.directory}
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_ended_by_itself_is_told() -> None:
    server = start_moto()
    directory = server.process.directory
    (process,) = processes(directory)
    os.kill(process, signal.SIGKILL)
    with pytest.raises(ServerError, match="ended with status -9"):
        server.process.wait()
    server.stop()
    expect_no_traces(directory, [], seconds=0)


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"(?s)ended with status 1.*no-such-digest.*Traceback"):
        start_swift(SwiftLimits(tempurl_digests=("no-such-digest",)), scratch=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no folder for the server's data"):
        start_moto(scratch=tmp_path / "absent")


def test_limits_know_which_filters_can_be_left_out() -> None:
    with pytest.raises(ValueError, match=r"not an optional filter: \['dlo'\]"):
        SwiftLimits(without=("dlo",))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_developer_can_start_one(number: int) -> None:
    with run_python("-m", "test.servers", "swift", "--limit", "container_listing_limit=7") as run:
        assert run.stdout is not None
        lines = [first_line(run)]
        while "Ctrl-C" not in lines[-1]:
            lines.append(first_line(run))
        exports = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        info = exports["AWS_ENDPOINT_URL"] + "/info"
        assert json.loads(web.request("GET", info).body)["swift"]["container_listing_limit"] == 7
        assert {"ST_AUTH", "ST_USER", "ST_KEY"} <= set(exports)
        run.send_signal(number)
        assert run.wait(20) == 0
    with pytest.raises(ConnectionRefusedError):
        web.request("GET", info)


def test_an_unfinished_environment_is_made_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.txt").write_text("")
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "requirements.txt")
    unfinished = tmp_path / "cache" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "bin" / "python"
    unfinished.parent.mkdir(parents=True)
    unfinished.touch()
    with ThreadPoolExecutor() as threads:  # two runs at once
        python, same = threads.map(environment.servers_python, [tmp_path / "cache"] * 2)
    assert python == same == unfinished
    code = "import sys; assert sys.prefix != sys.base_prefix"
    subprocess.run([python, "-c", code], check=True)


def test_an_environment_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho the reason of it\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(ServerError, match="the reason of it"):
        environment.servers_python(tmp_path / "cache")
