"""HTTP dates both ways."""

import calendar
import email.utils
import random
import subprocess
import sys
import time

import pytest

from obs_client._http.kit.dates import read_date, write_date


@pytest.mark.parametrize("seed", range(20))
def test_as_the_standard_library_reads_and_writes_them(seed: int) -> None:
    seconds = random.Random(seed).randrange(4_000_000_000)
    text = email.utils.formatdate(seconds, usegmt=True)
    assert write_date(seconds) == text
    assert read_date(text) == seconds


def test_edges() -> None:
    for text in ("Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 29 Feb 2024 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 GMT"):
        seconds = read_date(text)
        assert seconds == calendar.timegm(time.strptime(text, "%a, %d %b %Y %H:%M:%S GMT"))
        assert write_date(seconds) == text


def test_parts_of_seconds_are_dropped() -> None:
    assert write_date(0.999) == "Thu, 01 Jan 1970 00:00:00 GMT"


def test_now() -> None:
    before = int(time.time())
    assert before <= (read_date(write_date()) or 0) <= time.time()


@pytest.mark.parametrize(
    "text",
    ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 6 Nov 1994 08:49:37 +0000",
     "Sun, 06 Nov 1994 09:49:37 +0100", "Sun, 06 Nov 1994 08:49:37 UTC"],
)  # fmt: skip
def test_other_forms(text: str) -> None:
    assert read_date(text) == 784111777


@pytest.mark.parametrize(
    "text", [None, "", "yesterday", "Thu, 31 Feb 2024 00:00:00 GMT", "Thu, 01 Foo 1970 00:00:00 GMT", "5"]
)
def test_what_nobody_can_read(text: str | None) -> None:
    assert read_date(text) is None


def test_the_usual_form_needs_no_mail_library() -> None:
    program = (
        "import sys; from obs_client._http.kit.dates import read_date; "
        "print(read_date('Sun, 06 Nov 1994 08:49:37 GMT'), 'email.utils' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=30, text=True)
    assert result.stdout.split() == ["784111777.0", "False"]
