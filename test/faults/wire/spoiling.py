"""What a fault does to one request: each function here gives an action for `Fault.act`."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep

from test.faults.wire.exchange import Exchange, Rewrite
from test.faults.wire.messages import Answer, made

Action = Callable[[Exchange], None]
Change = Callable[[Answer], Answer]

PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Welcome to the free network</body></html>"


def cut_body(part: float = 0.5, *, reset: bool = False, then: Callable[[], None] | None = None) -> Action:
    """Send the head and a part of the body, then close; `then` is called before the close."""

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        head = answer.head()
        body = answer.encode()[len(head) :]
        if not body:
            exchange.miss()
        exchange.send(head + body[: int(len(body) * part)])
        if then:
            then()
        exchange.hang_up(reset=reset)

    return act


def cut_at(count: int) -> Action:
    """Send the first bytes of the answer, head and body, then close."""

    def act(exchange: Exchange) -> None:
        whole = exchange.forward().encode()
        if len(whole) <= count:
            exchange.miss()
        exchange.send(whole[:count])
        exchange.hang_up()

    return act


def cut_head(part: float = 0.5) -> Action:
    """Send a part of the head, then close."""

    def act(exchange: Exchange) -> None:
        head = exchange.forward().head()
        exchange.send(head[: int(len(head) * part)])
        exchange.hang_up()

    return act


def close_unanswered(*, reset: bool = False, done: bool = False) -> Action:
    """Close without a byte of an answer; `done`: the server did it all the same."""

    def act(exchange: Exchange) -> None:
        if done:
            exchange.forward()
        exchange.hang_up(reset=reset)

    return act


def cut_upload(*, reset: bool = False) -> Action:
    """Take half of the request's body, give that to the server, then close both connections."""

    def act(exchange: Exchange) -> None:
        exchange.forward_half()
        exchange.hang_up(reset=reset)

    return act


def stall_body(part: float = 0.5) -> Action:
    """Send the head and a part of the body, then nothing."""

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.send(answer.head() + answer.encode()[len(answer.head()) :][: int(len(answer.body) * part)])
        exchange.stall()

    return act


def stall(*, done: bool = False) -> Action:
    """Never answer; `done`: the server did it."""

    def act(exchange: Exchange) -> None:
        if done:
            exchange.forward()
        else:
            exchange.read()
        exchange.stall()

    return act


def stop_reading() -> Action:
    """Take half of the request's body, and then no more."""

    def act(exchange: Exchange) -> None:
        exchange.read(max(1, exchange.request.size // 2))
        exchange.stall()

    return act


def trickle(bytes_per_second: int) -> Action:
    """Send the body slowly."""

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.send(answer.head())
        body = answer.encode()[len(answer.head()) :]
        step = bytes_per_second // 20
        for start in range(0, len(body), step):
            exchange.send(body[start : start + step])
            sleep(0.05)

    return act


def refuse(answer: Answer, *, early: bool = False, done: bool = False) -> Action:
    """Answer this in place of the server's.

    Args:
        early: Before the body is read; the connection is closed.
        done: After the server did it.
    """

    def act(exchange: Exchange) -> None:
        if early:
            exchange.answer(answer.with_header("Connection", "close"))
            return
        if done:
            exchange.forward()
        else:
            exchange.read()
        exchange.answer(answer)

    return act


def change(how: Change) -> Action:
    """Let the server do it, and change its answer."""

    def act(exchange: Exchange) -> None:
        answer = exchange.forward()
        changed = how(answer)
        if changed.says == answer.says:
            exchange.miss()
        exchange.answer(changed)

    return act


def pass_on(rewrite: Rewrite) -> Action:
    """Change the request on its way to the server."""
    return lambda exchange: exchange.answer(exchange.forward(rewrite))


def not_http(data: bytes = b"SSH-2.0-OpenSSH_9.6\r\n") -> Action:
    """Send bytes of another protocol, then close."""

    def act(exchange: Exchange) -> None:
        exchange.read()
        exchange.send(data)
        exchange.hang_up()

    return act


# ---- changes of an answer -------------------------------------------------------------------------------------------


def shorten(part: float = 0.7) -> Change:
    """Fewer bytes, and a length that agrees."""
    return lambda answer: answer.with_body(answer.body[: int(len(answer.body) * part)])


def lengthen(answer: Answer) -> Answer:
    """Five bytes more, and a length that agrees."""
    return answer.with_body(answer.body + b"extra")


def flip(answer: Answer) -> Answer:
    """One byte in the middle is another."""
    body = bytearray(answer.body)
    body[len(body) // 2] ^= 0x20
    return answer.with_body(bytes(body))


def html(answer: Answer) -> Answer:
    """A page of HTML, with the head of the true answer except for type and length."""
    return answer.with_body(PAGE).with_header("Content-Type", "text/html")


def portal() -> Answer:
    """A page of HTML as a network's log-in gives it: a head of its own."""
    return made(200, "OK", PAGE, Content_Type="text/html")


def empty(answer: Answer) -> Answer:
    """No body, and a length that agrees."""
    return answer.with_body(b"")
