"""Deleting many objects: by one request where the cluster has bulk delete, else one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from obs_client._http.errors import StrangeAnswer
from obs_client.backends.swift.errors import classify, status_of, swift_sdk
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.requests import Exchange, SwiftHttp
from obs_client.backends.swift.session import Access
from obs_client.errors import TemporaryError

_OVERLAP = 4

_STALLS = 4
"""How many tokens in a row may run out before the first name."""

_LEAST = 20
"""How many names are asked for at once at the least, however soon a token runs out."""


def delete_many(http: SwiftHttp, container: str, names: Sequence[str], limits: Limits) -> dict[str, Exception]:
    """Delete objects; gives the error of each that is still there. Absent ones are no failure.

    Names too long for a bulk delete, which counts their bytes as quoted, are deleted one by one.
    """
    failures: dict[str, Exception] = {}
    room = 2 * (limits.object_name + limits.container_name) if limits.bulk_delete else 0
    batch = [name for name in names if len(_path(container, name)) <= room]
    for name in set(names).difference(batch):
        failures.update(_delete_one(http, container, name))
    for start in range(0, len(batch), limits.bulk_delete or 1):
        failures.update(_delete_batch(http, container, batch[start : start + limits.bulk_delete]))
    return failures


def _path(container: str, name: str) -> str:
    return f"/{quote(container)}/{quote(name)}"


def _delete_one(http: SwiftHttp, container: str, name: str) -> dict[str, Exception]:
    try:
        http.call("delete_object", container, name)
    except Exception as error:  # noqa: BLE001 - handed back by name
        return {} if status_of(error) == 404 else {name: error}
    return {}


def _delete_batch(http: SwiftHttp, container: str, names: Sequence[str]) -> dict[str, Exception]:
    """Delete by as many requests as there are tokens that run out meanwhile: each name is looked at with the token.

    An answer does not tell which were done, nor all that were not; but they are done in order, so that all go again
    from a little before the first that was refused, no more at once than the token lived for. Swift also ends early
    after many failures (1,000): the rest, and what was done, go again.
    """
    failures: dict[str, Exception] = {}
    left = list(names)
    size, stalled = len(left), 0
    while left:
        batch = left[:size]
        exchange = _ask(http, container, batch)
        statuses = _statuses(exchange.result, container, batch)
        refused = {name for name, status in statuses.items() if status.startswith("401")}
        failures |= {name: _refusal(status) for name, status in statuses.items() if name not in refused}
        done = next((place for place, name in enumerate(batch) if name in refused), len(batch))
        if refused:
            stalled = stalled + 1 if done <= _OVERLAP else 0
            if exchange.access.token is None or stalled > _STALLS:
                return failures | dict.fromkeys(left[done:], _refusal("401 Unauthorized"))
            _renew(http, exchange.access, container)
            size, done = max(done, _LEAST), max(0, done - _OVERLAP)
        elif _ended_early(exchange.result, len(batch), len(statuses)):
            done = 0
        left = [name for name in left[done:] if name not in failures]
    return failures


def _renew(http: SwiftHttp, stale: Access, container: str) -> None:
    """Get a token that lives: the one that another thread got meanwhile may have run out too, as a HEAD finds out."""
    http.session.renewed(stale)
    answer, _ = http.send("HEAD", f"{stale.parsed.path}/{quote(container)}", {}, None)
    answer.close()


def _ask(http: SwiftHttp, container: str, names: Sequence[str]) -> Exchange:
    body = "\n".join(_path(container, name) for name in names).encode()
    return http.ask("POST", "?bulk-delete=true", {"Content-Type": "text/plain", "Accept": "application/json"}, body)


def _statuses(answer: Any, container: str, names: Sequence[str]) -> dict[str, str]:
    """The status of each name that failed, for any reason but that it is absent."""
    if not isinstance(answer, dict):
        raise StrangeAnswer("the answer to a bulk delete is no JSON object")
    errors = [(str(error[0]), str(error[1])) for error in answer.get("Errors", [])]
    whole = str(answer.get("Response Status", ""))
    if not errors and whole.startswith("401"):
        return dict.fromkeys(names, whole)
    start = len(container) + 1
    return {unquote(path).removeprefix("/")[start:]: status for path, status in errors if status[:3] != "404"}


def _ended_early(answer: dict[str, Any], count: int, failures: int) -> bool:
    """Whether the answer does not account for every name, since there were too many failures.

    Raises:
        StrangeAnswer: It ended early for another reason.
    """
    told = int(answer.get("Number Deleted", 0)) + int(answer.get("Number Not Found", 0)) + failures
    if told >= count:
        return False
    status, text = str(answer.get("Response Status", "")), str(answer.get("Response Body", ""))[:200]
    if status.startswith("403"):
        raise _refusal(status)
    if failures and status.startswith("400"):
        return True
    if classify(_refusal(status)) is TemporaryError:
        raise _refusal(status)
    raise StrangeAnswer(f"a bulk delete of {count} objects accounts for {told} only: {status} {text}")


def _refusal(status: str) -> Exception:
    """The exception that swiftclient would have raised for one name."""
    number, _, reason = status.partition(" ")
    error: Exception = swift_sdk().ClientException(
        "Object DELETE failed", http_status=int(number) if number.isdecimal() else 500, http_reason=reason
    )
    return error
