"""What a new user does wrong, and the one line that he is told: what it is, and what to do."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import failure_of, without_query_secrets
from obs_client.cli.group import _go_on
from obs_client.cli.logs import logged
from obs_client.cli.objects import absent
from obs_client.cli.settings import Settings
from obs_client.testing.wrapper import RecordingClient
from obs_client.urls import StorageUrl
from test.cli.running import done, failed, file_url, run
from test.engine.clock import Clock


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory with two files, to be in; and no login."""
    (tmp_path / "photos" / "2025").mkdir(parents=True)
    (tmp_path / "photos" / "a.txt").write_text("a")
    (tmp_path / "photos" / "2025" / "b.txt").write_text("b")
    (tmp_path / "store" / "album" / "folder").mkdir(parents=True)
    (tmp_path / "store" / "album" / "folder" / "x").write_text("x")
    monkeypatch.chdir(tmp_path)
    for name in ("OS_AUTH_URL", "OS_AUTH_TOKEN", "ST_AUTH", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


EXCEPTION = re.compile(r"\w+Error\b")
"""The name of one is nothing to whoever reads the command's lines."""

WRONG_USE = [
    ("lss", "there is no command 'lss'; did you mean ls?"),
    ("upload photos s3://x", "did you mean put?"),
    ("list photos", "did you mean ls?"),
    ("man", "did you mean help?"),
    ("help swfit", "there is no page 'swfit'; did you mean swift?.*obs help lists all"),
    ("help syn", "there is no page 'syn'; did you mean sync or async?"),
    ("help swift --search x", "give a topic or --search, not both"),
    ("meta sho photos/a.txt", "there is no command 'sho'; did you mean show?.*obs meta --help"),
    ("ls --recursiv photos", "there is no option --recursiv; did you mean --recursive?.*obs ls --help"),
    ("cat --json photos/a.txt", "there is no option --json (obs cat --help shows more)"),
    ("--qiet ls photos", "there is no option --qiet; did you mean --quiet?.*obs --help"),
    ("put photos/a.txt", "missing argument 'URL'.*obs put --help"),
    ("put s3://album", "missing argument 'PATH...'.*obs put --help"),
    ("ls swfit://album", "this name; did you mean swift://? there are"),
    ("du", "missing argument 'URL'.*obs du --help"),
    ("completion", "Choose from: bash, zsh, fish"),
    ("get photos", "photos is a directory; obs sync photos PATH copies all of it"),
    ("mv -r photos s3://album", "there is no option -r; obs sync copies folders"),
    ("mv --recursive photos s3://album/", "there is no option --recursive; obs sync copies folders"),
    ("sync photos other --workers 1001", "1<=x<=1000"),
    ("rm photos", "photos is a directory; -r deletes all that is in it"),
    ("ls -a photos", "there is no option -a (obs ls --help"),
    ("sync -a photos other", "there is no option -a; folders are always copied completely (obs sync --help"),
    ("cp photos other", "photos is not an object but a folder; obs sync copies folders"),
    ("sync photos/a.txt other", "is a file; obs cp copies one object"),
    ("sync photos photos/2025", "one is in the other"),
    (
        "ls s3://box?profile=./x.json",
        "option profile names a profile of the AWS .* './x.json' is a path (store_profile=",
    ),
    ("sync photos s3://", "names no container; write it like s3://container"),
    ("sync photos other --include=", "a pattern must not be empty"),
    ("sync photos other --exclude [z-a]", "the pattern '[z-a]' cannot be read"),
    ("check photos photos/2025 --include [z-a]", "the pattern '[z-a]' cannot be read"),
    ("sync photos other --apply plan --exclude *.log --checksum", "--apply takes no --checksum, --exclude"),
    ("sync photos other --apply plan --include x --delete", "--apply takes no --delete, --include"),
    ("ls s3:album", "did you mean s3://album, with two slashes?"),
    ("ls s3:/album/x", "did you mean s3://album/x, with two slashes?"),
    ("ls s3://album?endpoint=x", "did you mean endpoint_url? known are"),
    ("ls s3://album?endpoint_url=localhost", "http://host:port or https://host:port, not 'localhost'"),
    ("ls s3://album?endpoint_url=localhost:8333", "not 'localhost:8333'"),
    ("ls https://example.com/album", "s3://container?endpoint_url=https://host"),
    ("ls swift://album", "OS_AUTH_URL.*anonymous=true"),
    (
        "ls nostore://album",
        "no backend for scheme 'nostore' is installed, and no store has this name; there are abfs:.*s3:.*swift:",
    ),
    ("test photos", "no scheme; storage URLs begin with one of.*a directory is file:///srv/store"),
    ("rm s3://album/f1?", "ends with a ?, which begins options; write %3F for a ? in a name, and * in a pattern"),
    ("mb s3://album/2026", "s3://album/2026 has more after the container; folders need not be made"),
    ("rb s3://album/2026", "s3://album/2026 has more after the container; obs rm removes objects"),
    ("ls file://photos", "file:///some/root"),
    ("meta set photos/a.txt key", "does not read key=value"),
    ("url get photos/a.txt --expires soon", "90, 15m, 24h"),
]

NOT_THERE = [
    ("cat photos/x", "there is no file 'photos/x' (obs ls shows what is there)"),
    ("cat nowhere/x", "there is no file 'nowhere/x'"),
    ("ls nowhere", "there is no file or directory 'nowhere' (a storage URL has a scheme: s3://container)"),
    ("sync nowhere other", "there is no directory 'nowhere' (the first place must be there"),
    ("check nowhere photos", "there is no directory 'nowhere' (the first place must be there"),
    ("sync photos other --apply nowhere", "there is no file 'nowhere' (obs sync A B --dry-run --json > FILE"),
    ("cleanup nowhere", "there is no directory 'nowhere'"),
    ("rm photos/x", "(-r deletes folders, -f ignores missing objects)"),
]


def said(pattern: str) -> str:
    """A pattern in which only `.*` is one."""
    return ".*".join(map(re.escape, pattern.split(".*")))


@pytest.mark.parametrize(("line", "pattern"), WRONG_USE)
def test_wrong_use_is_status_2_and_one_line(line: str, pattern: str) -> None:
    told = failed(2, *line.split())
    assert re.search(said(pattern), told)
    assert not EXCEPTION.search(told)


@pytest.mark.parametrize(("line", "pattern"), NOT_THERE)
def test_what_is_not_there_is_status_3_and_one_line(line: str, pattern: str) -> None:
    told = failed(3, *line.split())
    assert re.search(said(pattern), told)
    assert not EXCEPTION.search(told)


def test_put_of_what_is_no_file_or_to_no_container_says_so(tmp_path: Path) -> None:
    assert "there is no file 'nowhere'" in failed(3, "put", "nowhere", file_url(tmp_path / "photos"))
    assert "(obs cp copies between stores)" in failed(3, "put", "s3://album/x", file_url(tmp_path / "photos"))
    said = failed(3, "put", "photos/a.txt", file_url(tmp_path / "nowhere"))
    assert "no container 'nowhere'" in said
    assert "(obs mb creates one)" in said


def test_put_takes_no_path_for_a_forgotten_url(tmp_path: Path) -> None:
    for number in ("1", "2"):
        (tmp_path / number).write_text(number)
    for target in ("2", "photos", "photos/", "./new", f"{tmp_path}/2"):
        said = failed(2, "put", "1", target)
        assert f"{target} is a path, not a storage URL like s3://container; obs cp copies between paths" in said
    assert (tmp_path / "2").read_text() == "2"
    assert not (tmp_path / "new").exists()
    assert "A plain path is refused" in done("put", "--help")


def test_no_object_is_asked_for_of_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise AssertionError("an object was asked for")

    monkeypatch.setattr("obs_client.cli.pairs.check_no_object", refuses)
    for module in ("checking", "syncing"):
        monkeypatch.setattr(f"obs_client.cli.commands.{module}.check_no_object", refuses)
    assert "copied 1" in done("sync", "store/album", "new")
    assert "1 object the same" in done("check", "store/album", "new")


def test_a_container_is_to_be_named_with_the_url_s_own_scheme() -> None:
    for command in ("info", "du", "cleanup", "rm -r", "mb"):
        for store in ("swift://", "s3://", "memory://", "https://host/v1/AUTH_x/"):
            said = failed(2, *command.split(), store)
            assert f"{store} names no container; write it like {store}container (obs" in said, said


def test_secret_words_in_names_are_shown_and_secrets_in_urls_are_not(tmp_path: Path) -> None:
    name = "password=hunter.txt"
    (tmp_path / name).write_text("x")
    said = run("put", "-v", name, file_url(tmp_path / "photos")).stderr
    assert said == f"obs: {name} -> photos/{name}\n"
    assert "there is no file 'token: abc'" in failed(3, "cat", "token: abc")
    assert "obs: photos/token=abc is a path" in failed(2, "put", name, "photos/token=abc")
    assert "canary" not in failed(2, "put", name, "s3://?x-amz-security-token=canary")
    assert "canary" not in failed(3, "cat", "./x?Signature=canary/")
    assert without_query_secrets("/o?temp_url_sig=canary&x=1") == "/o?temp_url_sig=***&x=1"
    assert "canary" not in without_query_secrets("GET /x?X-Amz-Credential=canary%2F2026&X-Amz-Signature=canary&x=1")
    assert without_query_secrets("swift://a/x?create_temp_url_key=true") == "swift://a/x?create_temp_url_key=true"


def test_a_foreign_text_in_a_failure_is_without_secrets() -> None:
    said = "X-Auth-Token: canary, password=canary"
    errors = (obs_client.ServiceError(said), obs_client.ConfigurationError(said), OSError(said), RuntimeError(said))
    for error in (*errors, ValueError(said)):
        assert "canary" not in failure_of(error, about="token=x").format_message()
        assert "token=x: " in failure_of(error, about="token=x").format_message()


def test_reasons_and_log_lines_are_without_secrets_and_names_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings()
    settings.show_details(obs_client.PartialFailureError("2 failed", {"token=n": OSError("X-Auth-Token: canary")}))
    with logged(settings):
        logging.getLogger("obs_client").warning("X-Auth-Token: canary")
    assert capsys.readouterr().err == "obs: token=n: X-Auth-Token: ***\nobs: X-Auth-Token: ***\n"


def _try_failed(times: int) -> None:
    for number in range(times):
        told = "try 1 failed: %d: a larger timeout=... (in a URL ?timeout=...) waits longer"
        logging.getLogger("obs_client").warning(told, number, extra={"failed_try": 1})


def test_of_many_tries_that_failed_ten_a_minute_are_said_and_the_others_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logged(Settings()):
        _try_failed(13)
    lines = [f"obs: try 1 failed: {number}: a larger --timeout waits longer" for number in range(10)]
    assert capsys.readouterr().err.splitlines() == [*lines, "obs: and 3 more tries failed (--verbose prints each)"]
    with logged(Settings(verbose=True)):
        _try_failed(13)
    assert len(capsys.readouterr().err.splitlines()) == 13
    with logged(Settings(quiet=True)):
        _try_failed(13)
    assert capsys.readouterr().err == ""


def test_after_a_minute_failed_tries_are_said_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("obs_client.cli.logs.time", clock)
    with logged(Settings()):
        _try_failed(11)
        clock.now += 60.0
        _try_failed(1)
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "obs: and 1 more try failed (--verbose prints each)",
        "obs: try 1 failed: 0: a larger --timeout waits longer",
    ]


def test_the_command_s_words_are_not_the_library_s() -> None:
    said = failed(1, "url", "get", "photos/a.txt")
    assert said == (
        "obs: 'photos/a.txt' is on this machine, and paths have no signed URLs "
        "(storage URLs have them: s3://, swift://, azure://, gs://)\n"
    )


def test_a_condition_that_the_server_may_not_keep_is_granted_in_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    url = "s3://album/x?endpoint_url=http://127.0.0.1:1&region=any"
    said = failed(1, "put", "--if-absent", "photos/a.txt", url)
    assert "if yours does, set ?conditional_writes=true in the URL" in said
    assert "S3Client" not in said
    assert "not known to support --if-absent" in said
    assert said.endswith("(obs probe finds out whether it does)\n")
    said = failed(1, "cp", "--if-absent", "photos/a.txt", url)
    assert "not known to support --if-absent; if yours does, set" in said


def test_an_absent_object_a_folder_and_an_absent_container_are_told_apart(tmp_path: Path) -> None:
    store = f"file://{tmp_path}/store?container_name="

    def fails(name: str, container: str = "album") -> str:
        place = StorageUrl.parse(f"{store}{container}")
        with place.client() as client:
            return absent(RecordingClient(client), Address("text", place, name)).format_message()

    assert fails("x") == "there is no object 'x' in 'album'"
    assert fails("folder") == "'folder' in 'album' is a folder, not an object"
    assert fails("fold") == "there is no object 'fold' in 'album'"
    assert fails("x", "nowhere") == "there is no container 'nowhere'"


def test_patterns_are_no_names(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/store?container_name=album"
    assert "nothing fits 'photos/*.gif'" in failed(3, "cat", "photos/*.gif")
    with obs_client.from_url(url) as client:
        said = absent(client, Address("text", StorageUrl.parse(url), "*.jpg"))
    assert "obs sync takes --include" in str(said.hint)


def test_a_sync_or_check_of_nothing_says_so(tmp_path: Path) -> None:
    for arguments in (
        ("sync", "photos", "other", "--include", "*.jpg"),
        ("check", "photos", "photos", "--include", "x"),
    ):
        result = run(*arguments)
        assert result.exit_code == 0
        assert "(that fit" in result.stderr
        assert run("--quiet", *arguments).stderr == ""


def test_a_check_of_places_that_hold_nothing_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "store" / "empty").mkdir()
    store = f"file://{tmp_path}/store?container_name="
    for arguments, held in (
        (("store/empty", "nowhere"), "store/empty and nowhere hold no names"),
        (("store/empty", "photos", "--include", "typo*"), "store/empty holds no names"),
        (("photos", "store/empty", "--include", "typo*"), "store/empty holds no names"),
        (("photos", "nowhere", "--include", "typo*"), "nowhere holds no names"),
        ((f"{store}album", f"{store}empty", "--include", "typo*"), "container_name=empty holds no names"),
    ):
        for quiet in ((), ("--quiet",)):
            result = run(*quiet, "check", *arguments)
            assert (result.exit_code, result.stderr.count("\n")) == (3, 1), (arguments, result.output)
            assert held in result.stderr, (arguments, result.stderr)
        row = json.loads(run("check", "--json", *arguments).stdout)
        assert row["equal"] is False
    failed(3, "check", f"{store}absent", f"{store}nowhere")


def test_a_sync_of_a_source_that_holds_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "store" / "empty").mkdir()
    url = f"file://{tmp_path}/store?container_name=empty"
    for source in ("store/empty", url):
        for options in ((), ("--dry-run",), ("--dry-run", "--json"), ("--include", "x")):
            result = run("sync", source, "other", *options)
            assert result.exit_code == 0, result.output
            assert result.stderr == f"obs: there is nothing in {source}\n"
        assert run("--quiet", "sync", source, "other").stderr == ""
    for options in (("--dry-run",), ("--dry-run", "--json"), ()):
        warning, *_ = run("sync", "--delete", source, "photos", *options).stderr.splitlines()
        assert warning == f"obs: there is nothing in {source}", "before the question too"
    assert (tmp_path / "photos" / "a.txt").exists()
    result = run("sync", "photos", "other", "--dry-run", "--json", "--exclude", "**")
    assert result.stderr == "obs: photos holds no names (that fit the patterns)\n"
    failed(3, "sync", f"file://{tmp_path}/store?container_name=absent", "other")


def test_a_sync_of_a_folder_that_is_not_there_is_refused_before_anything_is_deleted(tmp_path: Path) -> None:
    absent = f"file://{tmp_path}/store?container_name=album&prefix=never/"
    for options in ((), ("--delete", "--yes"), ("--dry-run", "--delete"), ("--dry-run", "--json")):
        assert f"there is no folder '{absent}'" in failed(3, "sync", absent, "photos", *options)
    assert (tmp_path / "photos" / "a.txt").exists()


def test_after_a_stop_one_thing_is_advised() -> None:
    settings = Settings(go_on="each file is complete, old or new; run the same command again")
    assert _go_on(settings, "") == settings.go_on
    assert _go_on(settings, "'x' is kept: --resume continues; ") == "each file is complete, old or new"


def test_du_of_a_file_is_that_file() -> None:
    assert done("du", "photos/a.txt").split() == ["1", "1", "object", "a.txt"]
    assert done("du", "photos/2025").split()[-1] == "."


def test_a_file_that_cannot_be_written_is_named_or_nothing_is() -> None:
    assert "%obs_" not in failed(1, "get", "photos/a.txt", "/proc/nowhere")


def test_a_plan_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "line 1 of the plan is not a step; make a new plan" in failed(
        1, "sync", "photos", "other", "--apply", "photos/a.txt"
    )
    assert not (tmp_path / "other").exists()


def test_names_that_are_no_text_are_refused_in_one_line() -> None:
    for arguments in (("ls",), ("cat",), ("rm",), ("info",), ("cp", "photos/a.txt")):
        assert "UTF-8" in failed(1, *arguments, "photos/\udcff")
    assert "UTF-8" in failed(1, "put", "photos/a.txt", file_url(Path.cwd() / "photos") + "&prefix=\udcff")


@pytest.mark.parametrize(
    ("told", "ours"),
    [
        ("a larger timeout=... (in a URL ?timeout=...) waits longer", "a larger --timeout waits longer"),
        ("credentials={} (in a URL anonymous=true) reads public data", "?anonymous=true in the URL reads public data"),
        ("only: sign_payload=True (in a URL ?sign_payload=true)", "only: ?sign_payload=true in the URL"),
        ("say so: S3Client(..., conditional_writes=True), in a URL ?conditional_writes=true",
         "say so: ?conditional_writes=true in the URL"),
        ("as it is: ClientOptions(check_content=False), in a URL ?check_content=false; b",
         "as it is: ?check_content=false in the URL; b"),
        ("or give profile=... or credentials={...}; an empty mapping (in a URL anonymous=true) is anonymous access",
         "or give ?profile=... in the URL; ?anonymous=true in the URL is anonymous access"),
    ],
)  # fmt: skip
def test_options_are_told_as_a_url_or_the_command_has_them(told: str, ours: str) -> None:
    assert failure_of(obs_client.AuthorizationError("no", hint=told)).hint == ours
    assert failure_of(obs_client.AuthorizationError(told)).message == ours
