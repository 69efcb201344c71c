"""The command `probe`: what it prints, what it keeps, and that it leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import obs_client
from obs_client.probing import StoreProfile
from test.cli.process import ENVIRONMENT, OBS, Deaf, started
from test.cli.running import done, failed, run
from test.loopback.s3_double import S3Double, Ways, s3_double

pytestmark = pytest.mark.slow


def url_of(double: S3Double, container: str = "container", options: str = "") -> str:
    """A storage URL of a double, whose container is there."""
    double.store(container, "others", b"content")
    return f"s3://{container}?endpoint_url={double.url}&region={double.region}{options}"


@pytest.fixture
def keys(environment: pytest.MonkeyPatch) -> None:
    """The login of the doubles."""
    environment.setenv("AWS_ACCESS_KEY_ID", "double")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "secret of the double")


def held(double: S3Double) -> list[str]:
    assert double.open_uploads() == []
    return list(double.state.buckets["container"].objects)


def test_a_directory_is_measured_and_stays_as_it_is(docs: Path) -> None:
    (docs / "others").write_bytes(b"content")
    output = done("probe", docs).splitlines()
    assert output[0] == "clock"
    assert "  holds           the store's clock is right within 60 s" in output
    assert any(line.startswith("  does not hold   4 objects by one call") for line in output)
    assert output[-1].endswith("cannot be told")
    assert [line for line in output if not line.startswith(" ")][:3] == ["clock", "round trip", "checksums"]
    assert os.listdir(docs) == ["others"]


def test_the_options_that_it_prints_can_be_set_in_a_url(keys: None) -> None:
    with s3_double(Ways(checksums="ignore")) as double:
        output = done("probe", url_of(double)).splitlines()
        options = output[-1].removeprefix("options to set: ")
        assert options == (
            f"?endpoint_url={double.url}&region=us-east-1&conditional_writes=true&atomic_conditions=true"
            "&checksums=false&addressing_style=path"
        )
        with obs_client.from_url(f"s3://container{options}") as client:
            assert client.object_write("others", b"other", if_absent=True) is False
        assert held(double) == ["others"]


def test_a_profile_is_kept_and_handed_back(keys: None, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    with s3_double(Ways()) as double:
        text = done("probe", "--json", url_of(double))
        profile = StoreProfile.from_json(text)
        assert profile.version == obs_client.__version__
        assert abs(profile.made - time.time()) < 60
        assert "secret of the double" not in text
        (tmp_path / "store.json").write_text(text)
        environment.chdir(tmp_path)
        before = len(double.seen)
        with obs_client.from_url("s3://container?store_profile=store.json") as client:
            assert client.object_write("others", b"other", if_absent=True) is False
        assert double.operations()[before:] == ["PutObject"], "nothing need be found out"
        assert done("cat", "s3://container/others?store_profile=./store.json") == "content"


def test_it_stays_in_the_place_of_the_url(keys: None) -> None:
    with s3_double(Ways()) as double:
        url = url_of(double).replace("container?", "container/some/place?")
        done("probe", "--quiet", url)
        written = [seen.target for seen in double.seen if seen.operation == "PutObject"]
        assert all(target.startswith("/container/some/place/obs-probe-") for target in written)
        assert held(double) == ["others"]


@pytest.mark.parametrize(
    ("url", "status", "line"),
    [
        ("memory:", 2, "names no container"),
        ("memory:?container_name=c", 3, "there is no container 'c'"),
        ("s3://", 2, "names no container"),
        ("absent", 3, "there is no container"),
    ],
)
def test_what_cannot_be_measured_is_one_line(url: str, status: int, line: str, keys: None, docs: Path) -> None:
    assert line in failed(status, "probe", f"{docs}/{url}" if url == "absent" else url)


def test_a_file_is_no_place(docs: Path) -> None:
    (docs / "file").write_bytes(b"content")
    assert "is not a directory" in failed(2, "probe", docs / "file")


def test_a_refused_login_is_one_line(environment: pytest.MonkeyPatch, keys: None) -> None:
    environment.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
    with s3_double(Ways()) as double:
        assert "SignatureDoesNotMatch" in failed(1, "probe", url_of(double))
        assert held(double) == ["others"]


def test_what_it_cannot_remove_is_a_failure(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from obs_client.backends.local.store import LocalClient
    from obs_client.errors import NotSupportedError

    def refuse(*_: object) -> None:
        raise NotSupportedError("nothing is deleted here")

    monkeypatch.setattr(LocalClient, "_object_delete", refuse)
    result = run("probe", docs)
    assert result.exit_code == 1
    assert "obs: the probe could not remove everything" in result.stderr
    assert "remove it yourself" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
def test_a_stopped_probe_has_left_nothing(number: signal.Signals, share: float) -> None:
    environment = {**ENVIRONMENT, "AWS_ACCESS_KEY_ID": "double", "AWS_SECRET_ACCESS_KEY": "secret of the double"}
    with s3_double(Ways()) as double:
        command = [*OBS, "probe", url_of(double)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
            until = time.monotonic() + 60
            while len(double.seen) < 380 * share and time.monotonic() < until:
                time.sleep(0.005)
            process.send_signal(number)
            stderr = process.communicate(timeout=60)[1].decode()
        assert process.returncode == 128 + number
        assert stderr == "obs: stopped; what the probe had made is removed\n"
        assert held(double) == ["others"]


def test_a_store_that_never_answers_does_not_keep_it(deaf: Deaf) -> None:
    with started("probe", "--within", "2", deaf.url) as process, deaf.await_request():
        began = time.monotonic()
        _, stderr = process.communicate(timeout=120)
    assert time.monotonic() - began < 30
    assert process.returncode == 1
    assert b"the store took no write within 2 s (is the endpoint right?)" in stderr.splitlines()[-1]
    assert json.dumps(stderr.decode()).count("Traceback") == 0
