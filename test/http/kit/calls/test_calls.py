"""Queries, refusals, batches and tokens of stores that make their own requests."""

from __future__ import annotations

import pickle
import threading
import time

import pytest

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.calls.batches import PartAnswer, failures_of, make_batch, read_batch
from obs_client._http.kit.calls.queries import content_headers, headers_of, query_of
from obs_client._http.kit.calls.refusals import Refusal, kind_of_refusal
from obs_client._http.kit.calls.tokens import MARGIN, Token, Tokens, missing_package, send_with_token
from obs_client._http.pool import HttpPool
from obs_client.credentials import Secret
from obs_client.errors import ConflictError, NotFoundError, ServiceError, TemporaryError
from obs_client.models import Attributes
from test.loopback.raw import answer, raw_server, replying


def test_queries_and_headers_leave_out_what_is_none() -> None:
    assert query_of("comp=list", ("prefix", "a/b c&é~"), ("marker", None), ("most", 5)) == (
        "comp=list&prefix=a%2Fb%20c%26%C3%A9~&most=5"
    )
    assert query_of(("a", None)) == ""
    assert headers_of(("a", "1"), ("b", None)) == {"a": "1"}


def test_what_is_empty_or_zero_is_sent() -> None:
    assert query_of(("prefix", ""), ("most", 0)) == "prefix=&most=0"
    assert headers_of(("a", "")) == {"a": ""}


def test_content_headers_are_all_that_an_object_carries_with_its_content() -> None:
    attributes = Attributes(
        "text/plain", {"key": "value"}, content_encoding="gzip", content_disposition="inline", content_language="de",
        cache_control="no-store",
    )  # fmt: skip
    assert content_headers(attributes) == {
        "Content-Type": "text/plain",
        "Content-Encoding": "gzip",
        "Content-Disposition": "inline",
        "Content-Language": "de",
        "Cache-Control": "no-store",
    }


def test_refusals_have_their_kind_by_code_then_by_status() -> None:
    codes = {"Taken": ConflictError}
    kinds = [(409, "Taken"), (200, "Taken"), (404, ""), (429, "?"), (500, "?"), (200, "?"), (418, "?")]
    assert [kind_of_refusal(Refusal("Put", status, code), codes) for status, code in kinds] == [
        ConflictError, ConflictError, NotFoundError, TemporaryError, TemporaryError, TemporaryError, ServiceError,
    ]  # fmt: skip


def test_refusals_say_what_was_answered_and_can_be_pickled() -> None:
    refusal = Refusal("Put Blob", 409, "Taken", "It is there", {"x-id": "7"})
    assert str(refusal) == "Put Blob failed: It is there (Taken, 409)"
    assert str(Refusal("Put Blob", 404)) == "Put Blob failed: no message (404)"
    copy = pickle.loads(pickle.dumps(refusal))
    assert (str(copy), copy.headers, copy.code) == (str(refusal), {"x-id": "7"}, "Taken")


def test_a_batch_has_a_part_for_each_request() -> None:
    batch = make_batch([("DELETE", "/a/b%20c", {"Authorization": "one"}), ("DELETE", "/a/d", {})])
    boundary = batch.content_type.removeprefix("multipart/mixed; boundary=")
    first, second, end = batch.content.decode().split(f"--{boundary}")[1:]
    lines = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: "
    assert first == f"\r\n{lines}0\r\n\r\nDELETE /a/b%20c HTTP/1.1\r\nAuthorization: one\r\n\r\n\r\n"
    assert second == f"\r\n{lines}1\r\n\r\nDELETE /a/d HTTP/1.1\r\n\r\n\r\n"
    assert end == "--\r\n"


ANSWERS = (
    b"--xyz\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\nHTTP/1.1 202 Accepted\r\nX-Id: a\r\n\r\n\r\n"
    b"--xyz\r\nContent-Type: application/http\r\nContent-ID: <response-item-0>\r\n\r\n"
    b"HTTP/1.1 404 Not found\r\nX-Error: Gone\r\n\r\n<Error/>\r\n"
    b"--xyz--\r\n"
)


def test_answers_are_found_by_the_numbers_of_their_requests() -> None:
    found = read_batch('multipart/mixed; boundary="xyz"', ANSWERS)
    assert {number: (answer.status, answer.content) for number, answer in found.items()} == {
        1: (202, b""),
        0: (404, b"<Error/>"),
    }
    assert found[0].headers["x-error"] == "Gone"


@pytest.mark.parametrize("end", range(0, len(ANSWERS) - 4, 7))
def test_an_answer_that_was_cut_is_no_answer(end: int) -> None:
    with pytest.raises((BrokenAnswer, StrangeAnswer)):
        read_batch("multipart/mixed; boundary=xyz", ANSWERS[:end])


def test_a_name_without_an_answer_in_a_batch_failed() -> None:
    found = read_batch("multipart/mixed; boundary=xyz", ANSWERS)
    failures = failures_of("abc", found, lambda each: None if each.status < 400 else Refusal("Delete", each.status))
    assert {name: str(error) for name, error in failures.items()} == {
        "a": "Delete failed: no message (404)",
        "c": "the response to a batch has no result for this name",
    }
    assert isinstance(failures["c"], BrokenAnswer)


def test_an_answer_without_a_number_is_of_no_request() -> None:
    content = b"--xyz\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n\r\n--xyz--\r\n"
    found: dict[int, PartAnswer] = read_batch("multipart/mixed; boundary=xyz", content)
    assert list(failures_of("a", found, lambda _: None)) == ["a"]


def test_a_page_is_no_answer_to_a_batch() -> None:
    with pytest.raises(StrangeAnswer, match="multipart"):
        read_batch("text/html", b"<html>")


class Login:
    """Counts its tokens."""

    def __init__(self, life: float) -> None:
        self.count = 0
        self._life = life

    def __call__(self) -> Token:
        self.count += 1
        time.sleep(0.02)
        return Token(Secret(f"token {self.count}"), time.time() + self._life)


def test_a_token_is_fetched_once_for_all_threads() -> None:
    login = Login(3600)
    tokens, seen = Tokens(login), set[str]()
    threads = [threading.Thread(target=lambda: seen.add(tokens.current().reveal())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (seen, login.count) == ({"token 1"}, 1)


def test_a_token_that_was_refused_is_renewed_once_for_all_threads() -> None:
    login = Login(3600)
    tokens = Tokens(login)
    refused, seen = tokens.current(), set[str]()
    threads = [threading.Thread(target=lambda: seen.add(tokens.renew(refused).reveal())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (seen, login.count) == ({"token 2"}, 2)


def test_a_token_that_was_replaced_already_is_not_renewed_again() -> None:
    login = Login(3600)
    tokens = Tokens(login)
    refused = tokens.current()
    assert [tokens.renew(refused).reveal(), tokens.renew(refused).reveal()] == ["token 2", "token 2"]
    assert (tokens.current().reveal(), login.count) == ("token 2", 2)


@pytest.mark.parametrize("always", [False, True])
def test_a_request_whose_token_is_refused_is_sent_once_more_with_another(always: bool) -> None:
    tokens, pool = Tokens(Login(3600)), HttpPool(timeout=5.0)
    sent: list[tuple[str, HttpAnswer]] = []

    with raw_server(replying(answer(b"what was refused", b"401 No" if always else b"200 OK"))) as server:

        def send(token: Secret | None) -> HttpAnswer:
            assert token is not None
            sent.append((token.reveal(), pool.request("GET", server.url + "/", {})))
            return sent[-1][1]

        given = send_with_token(tokens, send, lambda each: always or each is sent[0][1])
        assert [token for token, _ in sent] == ["token 1", "token 2"]
        assert given is sent[1][1]
        assert given.read(100) == b"what was refused"
        with pytest.raises(BrokenAnswer, match="closed"):
            sent[0][1].read(100)
    pool.close()


def test_a_request_without_a_login_is_sent_once() -> None:
    with raw_server(replying(answer(b"", b"401 No"))) as server:
        pool = HttpPool(timeout=5.0)
        given = send_with_token(None, lambda _: pool.request("GET", server.url + "/", {}), lambda _: True)
        assert given.status == 401
        pool.close()


def test_a_token_is_renewed_before_it_ends() -> None:
    login = Login(MARGIN - 1)
    tokens = Tokens(login)
    assert [tokens.current().reveal(), tokens.current().reveal()] == ["token 1", "token 2"]
    assert "token 1" not in repr(Token(Secret("token 1"), 1.0))


def test_a_package_that_is_missing_is_told_with_what_to_install() -> None:
    error = missing_package("some-sdk", "some", "a login")
    assert str(error) == "a login needs the package some-sdk, which is not installed (pip install 'obs_client[some]')"
