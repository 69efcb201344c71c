"""The commands `stores`, names of stores in all commands, and completion of places."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import click
import pytest

from obs_client import from_url
from obs_client.cli import obs
from obs_client.cli.completing.places import SECONDS, complete
from test.cli.process import Deaf
from test.cli.running import done, failed, lines, run


@pytest.fixture(autouse=True)
def file(tmp_path: Path, environment: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "stores.toml"
    environment.setenv("OBS_STORES", str(path))
    return path


@pytest.fixture
def work(docs: Path) -> Path:
    """A store of this name, with a container that has a few objects."""
    for name in ("abc.txt", "abd e.txt", "sub/one", "sub/two"):
        (docs / name).parent.mkdir(exist_ok=True)
        (docs / name).write_text(name)
    done("stores", "add", "work", f"file://{docs.parent}")
    return docs


def test_a_name_is_used_in_all_commands(work: Path, tmp_path: Path) -> None:
    assert "docs" in done("ls", "work://").split()
    assert done("ls", "work://docs").split("\n") == ["abc.txt", "abd e.txt", "sub/", ""]
    assert done("cat", "work://docs/sub/one") == "sub/one"
    listed = done("ls", "-r", "--urls", "work://docs").splitlines()
    assert listed[0] == "work://docs/abc.txt"
    assert [done("cat", url) for url in listed] == ["abc.txt", "abd e.txt", "sub/one", "sub/two"]
    assert "work://docs/" in done("ls", "--urls", "work://").splitlines()
    done("mb", "work://new")
    done("cp", "work://docs/abc.txt", "work://new/")
    assert done("sync", "work://docs/sub", "work://new/sub").startswith("copied 2 ")
    assert done("cat", "work://new/sub/two") == "sub/two"
    assert "write it like work://container" in failed(2, "du", "work://")


def test_a_name_may_begin_in_a_container(work: Path) -> None:
    done("stores", "add", "part", f"file://{work.parent}?container_name=docs&prefix=sub")
    assert done("ls", "part://").split() == ["one", "two"]
    assert done("cat", "part://two") == "sub/two"
    assert done("ls", "--urls", "part://").split() == ["part://one", "part://two"]


def test_lines_name_what_is_in_it_as_it_was_written(work: Path) -> None:
    done("stores", "add", "part", f"file://{work.parent}?container_name=docs&prefix=sub")
    done("put", "-", "part://three", stdin=b"3")
    assert run("put", "-v", "-", "part://four", stdin=b"4").stderr == "obs: stdin -> part://four\n"
    assert run("cp", "-v", "part://four", "part://five").stderr == "obs: part://four -> part://five\n"
    assert run("cp", "-v", "part://four", "work://docs/").stderr == "obs: part://four -> docs/four\n"
    assert failed(3, "cat", "part://never").startswith("obs: there is no object 'part://never' (")
    assert run("rm", "-v", "part://three").stderr == "obs: deleted three\n"
    assert done("rm", "--dry-run", "-r", "part://").split() == ["five", "four", "one", "two"]
    assert lines("rm", "-f", "part://five", "part://never") == [
        {"type": "deleted", "name": "five"},
        {"type": "absent", "name": "never"},
    ]
    assert run("rm", "-v", "-y", "part://*o*").stderr == "obs: deleted four\nobs: deleted one\nobs: deleted two\n"


def test_several_stores_are_tested_at_once(work: Path, environment: pytest.MonkeyPatch) -> None:
    done("stores", "add", "gone", f"file://{work.parent}?container_name=never")
    with environment.context() as logged_in:
        for name in ("ST_AUTH", "ST_USER", "ST_KEY"):
            logged_in.setenv(name, "http://127.0.0.1:1/auth/v1.0")
        done("stores", "add", "odd", "swift://box")
    said = run("stores", "test")
    assert said.exit_code == 1
    assert said.stdout == "work  1 container\n"
    assert "obs: gone: there is no container 'never'" in said.stderr
    assert "obs: odd: " in said.stderr
    assert "obs: 2 of 3 names failed (" in said.stderr
    assert done("stores", "test", "work://", "work") == "work  1 container\n"
    done("stores", "remove", "gone")
    done("stores", "remove", "odd")
    assert done("stores", "test") == "1 container\n"
    done("stores", "remove", "work")
    assert "there are no named stores" in run("stores", "test").stderr


def test_stores_are_listed_shown_tested_and_removed(work: Path, file: Path, tmp_path: Path) -> None:
    assert done("stores", "list") == done("stores") == f"work  file://{tmp_path}\n"
    assert lines("stores", "list") == [{"type": "store", "name": "work", "url": f"file://{tmp_path}", "keys": []}]
    assert f"url   file://{tmp_path}\n" in done("stores", "show", "work")
    assert done("stores", "test", "work") == "1 container\n"
    assert "already" in failed(2, "stores", "add", "work", "memory:")
    done("stores", "add", "--replace", "work", "memory:?container_name=box")
    assert "no container 'box'" in failed(3, "stores", "test", "work")
    done("stores", "remove", "work")
    for command in ("show", "test", "remove"):
        assert "no store 'work'" in failed(3, "stores", command, "work")
    said = run("stores", "list")
    assert (said.exit_code, said.stdout) == (0, "")
    assert "obs stores add NAME URL makes one" in said.stderr
    assert run("stores", "list", "--quiet").stderr == ""
    assert "is a URL scheme" in failed(2, "stores", "add", "s3", "memory:")


def test_keys_are_kept_on_request_only_and_never_shown(file: Path, environment: pytest.MonkeyPatch) -> None:
    url = "s3://?endpoint_url=http://127.0.0.1:1"
    assert "no login" in run("stores", "add", "--keep-keys", "work", url).stderr
    environment.setenv("AWS_ACCESS_KEY_ID", "id-of-key")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    done("stores", "add", "plain", url)
    assert "canary" not in file.read_text()
    said = run("stores", "add", "-v", "--keep-keys", "work", url)
    assert said.stderr == f"obs: work:// is {url} now, with 2 keys\n"
    assert "canary" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    shown = done("stores", "show", "work") + done("stores", "list", "--json") + done("stores", "show", "work", "--json")
    assert "AWS_SECRET_ACCESS_KEY" in shown
    assert "canary" not in shown
    file.chmod(0o644)
    assert f"chmod 600 {file}" in failed(2, "ls", "work://")
    assert done("stores", "show", "plain") + done("stores", "list")
    assert "canary" not in done("stores", "show", "work")
    assert "holds keys" not in failed(1, "ls", "plain://box", "--retries", "0")
    done("stores", "rm", "plain")
    assert "  remove  " in done("stores", "--help")
    assert "  rm " not in done("stores", "--help")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("azure://", {"AZURE_STORAGE_ACCOUNT": "mine", "AZURE_STORAGE_KEY": "Y2FuYXJ5"}),
        ("https://mine.blob.core.windows.net/box", {"AZURE_STORAGE_KEY": "Y2FuYXJ5"}),
        ("gs://box", {"GOOGLE_CLOUD_PROJECT": "mine", "GOOGLE_OAUTH_ACCESS_TOKEN": "Y2FuYXJ5"}),
    ],
)
def test_keys_of_other_vendors_are_kept(
    url: str, login: dict[str, str], file: Path, environment: pytest.MonkeyPatch
) -> None:
    for name, value in {**login, "AZURE_OPENAI_API_KEY": "other", "GOOGLE_API_KEY": "other"}.items():
        environment.setenv(name, value)
    done("stores", "add", "--keep-keys", "work", url)
    for name in login:
        environment.delenv(name)
    assert "other" not in file.read_text()
    assert lines("stores", "show", "work")[0]["keys"] == sorted(login)
    assert "Y2FuYXJ5" not in done("stores", "show", "work")
    with from_url("work://a" if url == "azure://" else "work://a/") as client:
        assert client._location("box")[0]


def completed(incomplete: str) -> list[str]:
    context = click.Context(obs)
    return [item.value for item in complete(context, click.Argument(["url"]), incomplete) if item.type == "plain"]


def test_places_are_completed(work: Path, environment: pytest.MonkeyPatch, docs: Path) -> None:
    environment.chdir(docs / "sub")
    assert completed("wor") == completed("work:/") == ["work://"]
    assert completed("s") == ["s3://", "swift://"]
    assert completed("t") == [], "a file of this directory goes before"
    assert "work://docs/" in completed("work://")
    assert completed("work://do") == ["work://docs/"]
    assert completed("work://docs/ab") == ["work://docs/abc.txt", "work://docs/abd e.txt"]
    assert completed("work://docs/s") == ["work://docs/sub/"]
    assert completed("work://docs/sub/") == ["work://docs/sub/one", "work://docs/sub/two"]


@pytest.mark.slow
def test_completion_is_quiet_and_in_time(deaf: Deaf, environment: pytest.MonkeyPatch, file: Path) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", "id")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    environment.setenv("AWS_ENDPOINT_URL", deaf.url.partition("endpoint_url=")[2].partition("&")[0])
    begun = time.monotonic()
    assert completed("s3://bo") == []
    assert time.monotonic() - begun < 5 * SECONDS
    assert completed("swift://") == completed("nothing://x") == completed("work://x?attempts=") == []
    file.write_text("[broken")
    assert completed("wor") == completed("work://x") == []
