"""Heads: what is read of an answer's, and what is written for a request, byte by byte."""

import pytest

from obs_client._http.errors import BrokenAnswer
from obs_client._http.head import HttpHeaders, body_length, parse_head, request_head


class TestHeaders:
    def test_names_are_found_in_any_case_and_given_in_small_letters(self) -> None:
        headers = HttpHeaders({"x-name": "\xe4\xff"})
        assert (list(headers), len(headers), dict(headers)) == (["x-name"], 1, {"x-name": "\xe4\xff"})
        assert headers["X-NAME"] == headers.get("X-Name") == "\xe4\xff"
        assert "X-Name" in headers
        assert "x-other" not in headers
        assert 7 not in headers  # type: ignore[comparison-overlap]  # any mapping may be asked so
        assert headers.raw("X-Name") == b"\xe4\xff"
        assert headers.by_lower_name == dict(headers)

    def test_one_that_is_absent(self) -> None:
        headers = HttpHeaders({})
        assert (headers.get("x"), headers.get("x", "none"), headers.get("x", 0)) == (None, "none", 0)
        with pytest.raises(KeyError):
            headers.raw("x")


class TestAnswers:
    @pytest.mark.parametrize(
        ("head", "status", "reason", "keeps"),
        [
            (b"HTTP/1.1 200 OK", 200, "OK", True),
            (b"HTTP/1.1 404", 404, "", True),
            (b"HTTP/1.1 404 ", 404, "", True),
            (b"HTTP/1.1 599 A  B", 599, "A  B", True),
            (b"HTTP/1.0 200 OK", 200, "OK", False),
            (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive", 200, "OK", True),
            (b"HTTP/1.0 200 OK\r\nConnection: keep-alive, close", 200, "OK", False),
            (b"HTTP/1.1 200 OK\r\nConnection: Close", 200, "OK", False),
            (b"HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: close", 200, "OK", False),
            (b"HTTP/1.1 204 No Content", 204, "No Content", True),
            (b"HTTP/1.1 204 No Content\r\nContent-Length: 0", 204, "No Content", True),
            (b"HTTP/1.1 204 No Content\r\nContent-Length: 4", 204, "No Content", False),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 4", 200, "OK", True),
        ],
    )
    def test_status_reason_and_whether_the_connection_stays(
        self, head: bytes, status: int, reason: str, keeps: bool
    ) -> None:
        found = parse_head(head)
        assert (found.status, found.reason, found.keeps) == (status, reason, keeps)

    def test_values_are_stripped_of_blanks_only_and_joined(self) -> None:
        head = parse_head(b"HTTP/1.1 200 OK\r\nX-A:\t 1:\xa0 \r\nx-a: 2\r\nX-B:\r\nX-A:3\r\nX-C: XX")
        assert dict(head.headers) == {"x-a": "1:\xa0, 2, 3", "x-b": "", "x-c": "XX"}

    @pytest.mark.parametrize(
        "head", [b"", b"HTTP/1.2 200 OK", b"HTTP/1.1 600 OK", b"HTTP/1.1 99 OK", b" HTTP/1.1 200 OK", b"HTTP/1.1 200OK"]
    )
    def test_what_is_not_http(self, head: bytes) -> None:
        with pytest.raises(BrokenAnswer, match=r"^the response is not HTTP$"):
            parse_head(head)

    @pytest.mark.parametrize(
        "line", [b"X Y: 1", b"X", b": 1", b" X: 1", b"X : 1", b"X: 1\n2", b"X: 1\r2", b"", b"\xe4: 1"]
    )
    def test_a_malformed_header(self, line: bytes) -> None:
        with pytest.raises(BrokenAnswer, match=r"^the response has a malformed header$"):
            parse_head(b"HTTP/1.1 200 OK\r\nX-A: 1\r\n" + line + b"\r\nX-B: 2")


def length_of(fields: bytes, method: str = "GET", status: bytes = b"200 OK") -> int | None:
    return body_length(method, parse_head(b"HTTP/1.1 " + status + fields))


class TestLengths:
    @pytest.mark.parametrize(
        ("value", "length"),
        [(b"0", 0), (b"4", 4), (b"4, 4 ,4", 4), (b"1" * 18, int("1" * 18)), (b"004", 4)],
    )
    def test_as_announced(self, value: bytes, length: int) -> None:
        assert length_of(b"\r\nContent-Length: " + value) == length

    @pytest.mark.parametrize(
        "value", [b"", b"4,", b"4, 5", b"5, 4, 5", b"-4", b"+4", b"4.0", b"0x4", b"\xb2", b"1" * 19, b"4 4"]
    )
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_one_that_is_malformed_or_several(self, value: bytes, method: str) -> None:
        with pytest.raises(BrokenAnswer, match=r"^the response has a malformed length, or several$"):
            length_of(b"\r\nContent-Length: " + value, method)

    @pytest.mark.parametrize("value", [b"chunked", b"Chunked"])
    def test_chunks_have_none(self, value: bytes) -> None:
        assert length_of(b"\r\nTransfer-Encoding: " + value) is None

    @pytest.mark.parametrize(
        "fields", [b"\r\nTransfer-Encoding: gzip", b"\r\nTransfer-Encoding: chunked\r\nContent-Length: 4"]
    )
    def test_another_coding_or_both(self, fields: bytes) -> None:
        message = "^the response has an unknown transfer coding, or a length in addition to it$"
        with pytest.raises(BrokenAnswer, match=message):
            length_of(fields)

    @pytest.mark.parametrize("fields", [b"", b"\r\nContent-Length: 4", b"\r\nTransfer-Encoding: chunked"])
    @pytest.mark.parametrize(("method", "status"), [("HEAD", b"200 OK"), ("GET", b"204 x"), ("GET", b"304 x")])
    def test_where_no_body_is_allowed_there_is_none(self, fields: bytes, method: str, status: bytes) -> None:
        assert length_of(fields, method, status) == 0

    @pytest.mark.parametrize(
        ("status", "advice"),
        [(b"200 OK", ""), (b"400 Bad", "; if the server speaks TLS, its URL begins with https://")],
    )
    def test_neither_is_unclear(self, status: bytes, advice: str) -> None:
        with pytest.raises(BrokenAnswer) as caught:
            length_of(b"", status=status)
        assert str(caught.value) == f"the response has no length and no chunks{advice}"


def head(
    method: str = "GET", target: str = "/a", size: int | None = None, expect: bool = False, **fields: str
) -> bytes:
    names = {name.replace("_", "-"): value for name, value in fields.items()}
    return request_head(method, target, "host:80", names, size, expect_continue=expect)


class TestRequests:
    def test_all_that_is_said(self) -> None:
        assert head(X_A="\xe4", X_B="") == (
            b"GET /a HTTP/1.1\r\nX-A: \xe4\r\nX-B: \r\nHost: host:80\r\nAccept-Encoding: identity\r\n\r\n"
        )
        assert head("PUT", "/b?c", 5, True) == (
            b"PUT /b?c HTTP/1.1\r\nHost: host:80\r\nAccept-Encoding: identity\r\n"
            b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        )
        assert head(HOST="other", Accept_encoding="gzip", Expect="x", Content_LENGTH="0") == (
            b"GET /a HTTP/1.1\r\nHost: other\r\nAccept-Encoding: gzip\r\n\r\n"
        )

    @pytest.mark.parametrize(
        ("method", "size", "said"),
        [
            ("GET", None, None),
            ("GET", 0, 0),
            ("PUT", None, 0),
            ("POST", None, 0),
            ("DELETE", None, None),
            ("GET", 7, 7),
        ],
    )
    def test_the_length(self, method: str, size: int | None, said: int | None) -> None:
        line = b"" if said is None else b"Content-Length: %d\r\n" % said
        assert head(method, size=size).endswith(b"identity\r\n" + line + b"\r\n")

    @pytest.mark.parametrize("size", [None, 3])
    def test_another_length_is_refused(self, size: int | None) -> None:
        with pytest.raises(
            ValueError, match=f"^the Content-Length in the headers is not the body's {size or 0} bytes$"
        ):
            head("PUT", size=size, Content_Length="4")
        assert head("PUT", size=4, Content_Length="4").count(b"Content-Length") == 1

    def test_chunks_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"^a body is sent with its length, never with Transfer-Encoding$"):
            head("PUT", size=4, Transfer_Encoding="chunked")

    @pytest.mark.parametrize(
        "given",
        [
            {"method": "get"},
            {"target": "/a b"},
            {"target": ""},
            {"X": "a\r\nY: b"},
            {"X": "a\n"},
            {"X": "a\x00"},
            {"X Y": "a"},
            {"HOST": "a\r\nY: b"},
            {"Accept_Encoding": "a\r\nY: b"},
        ],
    )
    def test_what_http_does_not_allow_is_refused(self, given: dict[str, str]) -> None:
        message = "^a method, target, header name or value holds characters that HTTP does not allow$"
        with pytest.raises(ValueError, match=message):
            head(**given)  # type: ignore[arg-type]
