"""The sizes of parts: what is noted, what is told, what is guessed, and what of it proves damage."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer
from obs_client.backends.s3.digests.part_sizes import PARTS_ASKED, AskedPartSizes, equal_parts, guessed_parts
from obs_client.backends.s3.errors import S3Error
from obs_client.errors import IntegrityError
from test.s3.digests.answers import answer_with

MIB = 1024 * 1024
ETAG = '"0123456789abcdef0123456789abcdef-3"'


def test_parts_are_equal_but_the_last() -> None:
    assert equal_parts(25, 10, 3) == (10, 10, 5)
    assert equal_parts(20, 10, 2) == (10, 10)
    assert equal_parts(1, 1, 1) == (1,)
    assert equal_parts(5, 10, 1) == (5,)
    for size, part_size, count in ((25, 10, 2), (25, 10, 4), (25, 0, 3), (25, -5, 5)):
        assert equal_parts(size, part_size, count) is None


class TestGuesses:
    @pytest.mark.parametrize(
        "size", [8, 5, 16, 64, 15, 10, 100, 50, 25, 20, 32, 128, 256, 512, 6, 12, 200, 500, 1000, 1024]
    )
    def test_what_programs_choose(self, size: int) -> None:
        parts = guessed_parts(60 * size * MIB - 1, 60)
        assert parts == (*[size * MIB] * 59, size * MIB - 1)

    def test_what_others_had_goes_before(self) -> None:
        assert guessed_parts(15 * MIB, 2) == (8 * MIB, 7 * MIB)
        assert guessed_parts(15 * MIB, 2, [3 * MIB, 10 * MIB]) == (10 * MIB, 5 * MIB)

    def test_whole_mebibytes_and_even_parts_come_last(self) -> None:
        assert guessed_parts(20 * 7 * MIB - 20 * 1000, 20) == (*[7 * MIB] * 19, 7 * MIB - 20 * 1000)
        assert guessed_parts(103, 4) == (26, 26, 26, 25)
        assert guessed_parts(100, 3) == (34, 34, 32)

    def test_there_may_be_none(self) -> None:
        assert guessed_parts(5, 4) is None


class Store:
    """What HEADs are answered: the size of each part; of the whole for None."""

    def __init__(self, sizes: list[int], **changes: str) -> None:
        self.sizes = sizes
        self.total = sum(sizes)
        self.changes = {name.replace("_", "-"): value for name, value in changes.items()}
        self.answers: dict[int | None, Mapping[str, str | None] | Exception] = {}
        self.asked: list[int | None] = []

    def head(self, number: int | None) -> HttpAnswer:
        self.asked.append(number)
        told = self.answers.get(number)
        if isinstance(told, Exception):
            raise told
        size = self.total if number is None else self.sizes[number - 1]
        count = {} if number is None else {"x-amz-mp-parts-count": str(len(self.sizes))}
        headers = {"etag": ETAG, "content-length": str(size), **count, **self.changes, **(told or {})}
        return answer_with({name: value for name, value in headers.items() if value is not None})

    def asking(
        self, size: int | None = None, noted: int | None = None, seen: list[int] | None = None, **headers: str
    ) -> AskedPartSizes:
        told = {"etag": ETAG} | {name.replace("_", "-"): value for name, value in headers.items()}
        length = self.total if size is None else size
        return AskedPartSizes(self.head, answer_with(told), length, noted, [] if seen is None else seen)


REFUSED = S3Error("HeadObject", 400, "InvalidArgument", "no", None, None)


class TestAsking:
    def test_what_the_writer_noted_needs_no_question(self) -> None:
        store = Store([10, 10, 5])
        assert store.asking(noted=10).sizes(3) == (10, 10, 5)
        assert store.asked == []

    def test_a_note_of_another_object_is_not_believed(self) -> None:
        store = Store([10, 10, 5])
        asked = store.asking(noted=9 * MIB)
        assert asked.sizes(3) == (10, 10, 5)
        assert store.asked == [1, 3]
        assert asked.judge(False) is True

    @pytest.mark.parametrize(
        ("sizes", "asked"), [([10, 10, 5], [1, 3]), ([10, 5], [1]), ([5], [1]), ([10, 10, 10], [1, 3])]
    )
    def test_the_first_and_the_last_tell_of_equal_ones(self, sizes: list[int], asked: list[int]) -> None:
        store = Store(sizes)
        assert store.asking().sizes(len(sizes)) == tuple(sizes)
        assert store.asked == asked

    def test_of_others_each_is_asked_for(self) -> None:
        for sizes in ([10, 9, 6], [10, 5, 5], [2, 20], [1, 2, 3, 4]):
            store = Store(sizes)
            assert store.asking().sizes(len(sizes)) == sizes
            assert store.asked[-len(sizes) :] == [*range(1, len(sizes) + 1)]

    def test_so_many_are_asked_for_and_no_more(self) -> None:
        some, many = ([*range(1, count), 1] for count in (PARTS_ASKED, PARTS_ASKED + 1))
        assert Store(some).asking().sizes(PARTS_ASKED) == some
        store = Store(many)
        assert store.asking().sizes(PARTS_ASKED + 1) != many
        assert len(store.asked) < 9

    @pytest.mark.parametrize(
        "changes",
        [
            {"x-amz-mp-parts-count": "4"},
            {"content-length": "many"},
            {"etag": '"other-3"'},
            {"content-length": "0"},
            {"content-length": None},
            {"etag": None},
        ],
        ids=str,
    )
    def test_an_answer_that_is_of_no_part_of_the_object_is_not_believed(self, changes: dict[str, str | None]) -> None:
        store = Store([10 * MIB, 10 * MIB, 10 * MIB])
        store.answers[1] = changes
        seen: list[int] = []
        asked = store.asking(seen=seen)
        assert asked.sizes(3) == (10 * MIB,) * 3, "guessed"
        assert store.asked[-1] is None, "of nothing else after the first part"
        assert asked.judge(False) is False
        assert asked.judge(True) is True
        assert seen == [10 * MIB]

    @pytest.mark.parametrize("changes", [{"etag": '"the tag of the part"'}, {"etag": ""}], ids=str)
    def test_a_part_may_have_a_tag_of_its_own(self, changes: dict[str, str]) -> None:
        store = Store([10, 10, 5])
        store.answers[1] = changes
        assert store.asking().sizes(3) == (10, 10, 5)

    def test_a_server_need_not_count_its_parts(self) -> None:
        store = Store([10, 10, 5])
        store.answers = {number: {"x-amz-mp-parts-count": None} for number in (1, 3)}
        assert store.asking().sizes(3) == (10, 10, 5)

    def test_without_any_tag_the_length_is_compared_all_the_same(self) -> None:
        store = Store([10, 10, 5])
        store.answers = {None: {"etag": None, "content-length": "26"}, 1: REFUSED}
        with pytest.raises(BrokenAnswer):
            AskedPartSizes(store.head, answer_with({}), 25, None, []).sizes(3)

    def test_parts_that_do_not_make_the_size_are_none(self) -> None:
        store = Store([10, 9, 6])
        store.answers[2] = {"content-length": "8"}
        asked = store.asking(seen=[])
        assert asked.sizes(3) == guessed_parts(25, 3)
        assert asked.judge(False) is False
        store.answers[2] = {"content-length": "0"}
        store.answers[None] = {"content-length": "25"}
        assert store.asking().sizes(3) == guessed_parts(25, 3)

    def test_a_server_that_tells_no_parts_is_guessed_at(self) -> None:
        store = Store([10, 10, 5])
        store.answers = {1: REFUSED}
        asked = store.asking()
        assert asked.sizes(3) == (9, 9, 7)
        assert asked.judge(False) is False

    def test_before_a_guess_the_size_is_asked_for_again(self) -> None:
        store = Store([10, 10, 5])
        store.answers = {1: REFUSED, None: {"content-length": "26"}}
        with pytest.raises(
            BrokenAnswer, match=r"^the response does not have the length of the object: it is incomplete$"
        ):
            store.asking().sizes(3)
        for told in ({"content-length": "no"}, {"content-length": "26", "etag": '"other"'}):
            store.answers[None] = told
            assert store.asking().sizes(3) == (9, 9, 7)


class TestJudging:
    def test_what_fits_is_fine(self) -> None:
        store = Store([10, 10, 5])
        asked = store.asking()
        asked.sizes(3)
        store.asked.clear()
        assert asked.judge(True) is True
        assert store.asked == []

    def test_sizes_that_are_told_again_are_sure(self) -> None:
        store = Store([10, 10, 5])
        asked = store.asking()
        asked.sizes(3)
        assert asked.judge(False) is True
        store.answers[2] = {"content-length": "9"}
        assert asked.judge(False) is False
        store.answers[2] = REFUSED
        assert asked.judge(False) is False

    def test_copied_parts_at_seaweedfs_have_tags_that_are_none(self) -> None:
        store = Store([10, 10, 5])
        asked = store.asking(seaweed_x="1")
        asked.sizes(3)
        assert asked.judge(False) is False

    def test_sizes_that_were_noted_are_sure_unless_others_are_told(self) -> None:
        store = Store([10, 10, 5])
        asked = store.asking(noted=10, seaweed_x="1")
        asked.sizes(3)
        assert asked.judge(False) is True
        store.answers[1] = REFUSED
        assert asked.judge(False) is True
        store.answers = {1: {"content-length": "9"}, 2: {"content-length": "11"}}
        assert asked.judge(False) is False

    def test_a_size_that_does_not_hold_is_damage(self) -> None:
        store = Store([10, 10, 5])
        asked = store.asking()
        asked.sizes(3)
        store.answers[None] = {"content-length": "26"}
        with pytest.raises(IntegrityError, match=r"^the response does not have the length of the object$"):
            asked.judge(False)

    @pytest.mark.parametrize("error", [REFUSED, OSError("gone")])
    def test_a_size_that_cannot_be_asked_for_is_taken_to_hold(self, error: Exception) -> None:
        store = Store([10, 10, 5])
        asked = store.asking(noted=10)
        asked.sizes(3)
        store.answers[None] = error
        assert asked.judge(False) is True

    def test_guesses_that_fitted_go_before_in_other_objects(self) -> None:
        seen = [5 * MIB, 6 * MIB, 7 * MIB, 9 * MIB]
        store = Store([6 * MIB] * 3)
        store.answers = {1: REFUSED}
        asked = store.asking(seen=seen)
        assert asked.sizes(3) == (6 * MIB,) * 3
        asked.judge(False)
        assert seen == [5 * MIB, 6 * MIB, 7 * MIB, 9 * MIB]
        asked.judge(True)
        assert seen == [6 * MIB, 5 * MIB, 7 * MIB, 9 * MIB]
        other = Store([10 * MIB] * 3)
        other.answers = {1: REFUSED}
        asked = other.asking(seen=seen)
        assert asked.sizes(3) == (10 * MIB,) * 3
        asked.judge(True)
        assert seen == [10 * MIB, 6 * MIB, 5 * MIB, 7 * MIB]

    def test_the_first_of_two_parts_is_learned_and_noted_once(self) -> None:
        seen = [5 * MIB, 8 * MIB]
        store = Store([8 * MIB, 7 * MIB])
        store.answers = {1: REFUSED}
        asked = store.asking(seen=seen)
        assert asked.sizes(2) == (8 * MIB, 7 * MIB)
        asked.judge(True)
        assert seen == [8 * MIB, 5 * MIB]

    def test_of_one_part_nothing_is_learned(self) -> None:
        seen: list[int] = []
        store = Store([6 * MIB])
        store.answers = {1: REFUSED}
        asked = store.asking(seen=seen)
        assert asked.sizes(1) == (6 * MIB,)
        asked.judge(True)
        assert seen == []

    def test_what_could_not_even_be_guessed_is_not_sure(self) -> None:
        store = Store([2, 1, 1, 1])
        store.answers = {1: REFUSED}
        asked = store.asking()
        assert asked.sizes(4) is None
        assert asked.judge(False) is False
        assert asked.judge(True) is True

    def test_sizes_that_were_told_are_not_learned(self) -> None:
        seen: list[int] = []
        asked = Store([10, 10, 5]).asking(seen=seen)
        asked.sizes(3)
        asked.judge(True)
        assert seen == []
