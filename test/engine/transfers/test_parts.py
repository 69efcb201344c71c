"""Plans of parts: within the limits of the store."""

from __future__ import annotations

import itertools

import pytest

import obs_client
from obs_client import Capabilities
from obs_client._engine.transfers import parts


def test_part_plans_never_pass_the_stores_limits() -> None:
    limits = Capabilities(part_size_minimum=5, part_size_maximum=100, part_count_maximum=10)
    for size in range(1, 1001):
        chosen = parts.part_size(size, 7, limits)
        plan = list(parts.parts_of(size, chosen))
        assert len(plan) <= 10
        assert 5 <= chosen <= 100
        assert [part.offset for part in plan] == list(itertools.accumulate([0] + [part.size for part in plan]))[:-1]
        assert sum(part.size for part in plan) == size
    with pytest.raises(obs_client.NotSupportedError, match="more than this store holds"):
        parts.part_size(1001, 7, limits)


def test_parts_of_a_stream_of_unknown_size_grow_where_they_may() -> None:
    grown = list(parts.stream_part_sizes(8, Capabilities(part_count_maximum=100)))
    assert len(grown) == 100
    assert grown[0] == 8
    assert grown[-1] == 8 * 2**9
    assert set(parts.stream_part_sizes(8, Capabilities(part_count_maximum=100, equal_parts=True))) == {8}
    assert set(itertools.islice(parts.stream_part_sizes(8, Capabilities()), 1000)) == {8}
