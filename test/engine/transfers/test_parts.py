"""Plans of parts: within the limits of the store."""

from __future__ import annotations

import itertools

import pytest

import obs_client
from obs_client import Capabilities
from obs_client._engine.transfers import parts
from obs_client.backend.integrity import ContentDigest


def test_part_plans_never_pass_the_stores_limits() -> None:
    limits = Capabilities(part_size_minimum=5, part_size_maximum=100, part_count_maximum=10)
    for size in range(1, 1001):
        chosen = parts.part_size(size, 7, limits)
        plan = list(parts.parts_of(size, chosen))
        assert len(plan) <= 10
        assert 5 <= chosen <= 100
        assert [part.offset for part in plan] == list(itertools.accumulate([0] + [part.size for part in plan]))[:-1]
        assert sum(part.size for part in plan) == size
        assert [part.number for part in plan] == list(range(1, len(plan) + 1))
    with pytest.raises(
        obs_client.NotSupportedError, match=r"^1,001 bytes are more than this store holds in one object: 1,000$"
    ):
        parts.part_size(1001, 7, limits)


def test_parts_of_a_stream_of_unknown_size_grow_where_they_may() -> None:
    grown = list(parts.stream_part_sizes(8, Capabilities(part_count_maximum=100)))
    assert len(grown) == 100
    assert grown[0] == 8
    assert grown[-1] == 8 * 2**9
    assert set(parts.stream_part_sizes(8, Capabilities(part_count_maximum=100, equal_parts=True))) == {8}
    assert set(itertools.islice(parts.stream_part_sizes(8, Capabilities()), 1000)) == {8}


def test_parts_of_a_stream_double_after_each_tenth_of_their_count() -> None:
    assert list(parts.stream_part_sizes(1, Capabilities(part_count_maximum=5))) == [1, 2, 4, 8, 16]
    some = parts.stream_part_sizes(1, Capabilities(part_count_maximum=25))
    assert list(itertools.islice(some, 6)) == [1, 1, 2, 2, 4, 4]


@pytest.mark.parametrize(
    ("sizes", "wanted", "ranges"),
    [
        ((4, 4, 4, 2), 4, [(0, 4, 0), (4, 4, 1), (8, 4, 2), (12, 2, 3)]),
        ((4, 4, 4, 2), 8, [(0, 8, 0), (8, 6, 2)]),
        ((4, 4, 4, 2), 9, [(0, 12, 0), (12, 2, 3)]),
        ((4, 9, 1), 5, [(0, 13, 0), (13, 1, 2)]),
        ((4,), 100, [(0, 4, 0)]),
    ],
)
def test_ranges_end_where_parts_of_the_digest_end(
    sizes: tuple[int, ...], wanted: int, ranges: list[tuple[int, int, int]]
) -> None:
    found = parts.ranges_of(sum(sizes), wanted, ContentDigest("md5", sizes, composite="0"))
    assert found == [parts.Range(*each) for each in ranges]


def test_ranges_without_a_digest_are_equal_but_for_the_last() -> None:
    assert parts.ranges_of(10, 4, None) == [parts.Range(0, 4, 0), parts.Range(4, 4, 0), parts.Range(8, 2, 0)]
    assert parts.Range(4, 3, 0).end == 7
