"""Sizes and times as people write them."""

from __future__ import annotations

import pytest

from obs_client._urls.quantities import seconds_of, size_of


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("67108864", 67_108_864),
        ("64MiB", 64 * 1024**2),
        ("64 mib", 64 * 1024**2),
        ("1.5GB", 1_500_000_000),
        ("2KiB", 2048),
        ("2kB", 2000),
        ("1TiB", 1024**4),
        ("7B", 7),
        ("1e6", 1_000_000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "64M", "MiB", "-1", "1.5B", "0x10", "1_000", "nan", "٣MiB", "1 000"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="a number of bytes, or one with a unit"):
        size_of(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("2.5", 2.5), ("500ms", 0.5), ("30s", 30.0), ("15m", 900.0), ("15 min", 900.0), ("1h", 3600.0)],
)
def test_times(text: str, seconds: float) -> None:
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "long", "-1", "inf", "1y", "1:30"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="a number of seconds, or one with a unit"):
        seconds_of(text)
