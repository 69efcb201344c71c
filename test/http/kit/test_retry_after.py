"""How long a server asks to wait."""

import time

import pytest

from obs_client._http.kit.dates import write_date
from obs_client._http.kit.retry_after import retry_after


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0.0), ("7", 7.0), (" 120 ", 120.0), ("1.5", 1.5), ("9" * 400, float("inf"))]
)
def test_seconds(text: str, seconds: float) -> None:
    assert retry_after({"retry-after": text}) == seconds


def test_a_date_by_the_clock_of_the_server() -> None:
    headers = {"date": "Sun, 06 Nov 1994 08:49:37 GMT", "retry-after": "Sun, 06 Nov 1994 08:50:07 GMT"}
    assert retry_after(headers) == 30.0


def test_a_date_by_our_own_clock() -> None:
    wanted = retry_after({"retry-after": write_date(time.time() + 100)})
    assert wanted is not None
    assert 90 < wanted <= 100


def test_a_date_gone_by_is_no_less_than_nothing() -> None:
    assert retry_after({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}) == 0.0


@pytest.mark.parametrize("text", ["", "-5", "soon", "nan", "inf", "1e3", "\u0663"])
def test_what_nobody_can_read(text: str) -> None:
    assert retry_after({"retry-after": text}) is None
    assert retry_after({}) is None
