"""Deleting: objects with the segments that only they named, and segments that no manifest names any more.

Many names go by one request where the cluster has bulk delete, else one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, unquote

from obs_client._http.errors import StrangeAnswer
from obs_client.backends.swift.access.session import Access
from obs_client.backends.swift.errors import UNSEEN, classify, status_of, swift_sdk
from obs_client.backends.swift.facts import LISTED_MANIFESTS
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.listing import checked_rows, may_be_manifest
from obs_client.backends.swift.requests import Exchange, SwiftHttp
from obs_client.backends.swift.segments import (
    Segments,
    keeps_versions,
    segments_container,
)
from obs_client.errors import ConflictError, TemporaryError

_COUNTS = ("Number Deleted", "Number Not Found")
_FIELDS = frozenset({*_COUNTS, "Errors", "Response Body", "Response Status"})

_OVERLAP = 4

_STALLS = 4
"""How many tokens in a row may run out before the first name."""

_LEAST = 20
"""How many names are asked for at once at the least, however soon a token runs out."""


def delete_object(http: SwiftHttp, segments: Segments, container: str, name: str) -> None:
    """Delete one object, and then the segments of ours that it named; an absent one is no failure.

    Raises:
        ConflictError: The container keeps older versions, and the one before the deleted is back.
    """
    location = segments.versions_location(container)
    if location and not segments.is_still_seen(container, name):
        _check_gone(http, container, name, location)
        return
    with segments.replacing(container, name):
        try:
            http.call("delete_object", container, name)
        except Exception as error:
            if status_of(error) != 404:
                raise
    if location:
        segments.forget_seen(container, name)
        _check_gone(http, container, name, location)


def _check_gone(http: SwiftHttp, container: str, name: str, location: str) -> None:
    try:
        http.call("head_object", container, name, headers={"X-Newest": "true"})
    except Exception as error:
        if status_of(error) not in UNSEEN:
            raise
        return
    raise ConflictError(
        f"{name!r} was deleted, and its previous version is there again: container {container!r} keeps older "
        f"versions in {location!r}",
        container=container,
        object_name=name,
        hint=f"delete it again, once for each version, or delete its versions in {location!r} first",
    )


def delete_objects(
    http: SwiftHttp, segments: Segments, container: str, names: Sequence[str], limits: Limits
) -> dict[str, Exception]:
    """Delete a batch of objects, and then the segments of ours that those which are gone named."""
    if segments.versions_location(container):
        return _each_by_itself(http, segments, container, names)
    if segments.exist(container):
        for name in _manifests(http, container, names):
            segments.owe(container, name, segments.named_by(container, name))
    failures = delete_many(http, container, names, limits)
    gone = [segment for name in names if name not in failures for segment in segments.settle(container, name)]
    segments.discard(container, gone)
    return failures


def _each_by_itself(http: SwiftHttp, segments: Segments, container: str, names: Sequence[str]) -> dict[str, Exception]:
    """Delete objects whose older versions come back: each must be looked at, before and after."""
    failures: dict[str, Exception] = {}
    for name in names:
        try:
            delete_object(http, segments, container, name)
        except Exception as error:  # noqa: BLE001 - handed back by name
            failures[name] = error
    return failures


def _manifests(http: SwiftHttp, container: str, names: Sequence[str]) -> Iterator[str]:
    """Which of the names may be large objects, found by as few pages of the listing as hold them."""
    wanted = sorted(names)
    position = 0
    marker = _before(wanted[0]) if wanted else ""
    while position < len(wanted):
        page = _page(http, container, marker)
        if not page:
            return
        last = page[-1][0]
        manifests = {name for name, is_manifest in page if is_manifest}
        while position < len(wanted) and wanted[position] <= last:
            if wanted[position] in manifests:
                yield wanted[position]
            position += 1
        if position < len(wanted):
            marker = max(last, _before(wanted[position]))


def _before(name: str) -> str:
    """A name that comes before another; what lies between is listed for nothing."""
    return name[:-1]


def _page(http: SwiftHttp, container: str, marker: str) -> list[tuple[str, bool]]:
    path = f"/{quote(container)}?format=json&marker={quote(marker, safe='')}"
    marked = http.keeps(LISTED_MANIFESTS)
    rows = checked_rows(http.ask("GET", path).result)
    return [(str(row["name"]), "slo_etag" in row if marked else may_be_manifest(row)) for row in rows]


def remove_discarded(http: SwiftHttp, segments: Segments, container: str, limits: Limits) -> None:
    """Remove the segments of replaced objects, unless versions of these may be kept; what fails for now waits."""
    segments.discard_unanswered(container)
    names = segments.take_discarded(container)
    if not names:
        return
    try:
        if keeps_versions(http.call("head_container", container).headers):
            return
        failures = delete_many(http, segments_container(container), names, limits)
    except Exception as error:
        if classify(error) is TemporaryError:
            segments.discard(container, names)
        raise
    segments.discard(container, [name for name, error in failures.items() if classify(error) is TemporaryError])
    for failure in failures.values():
        raise failure


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
    """Delete a batch of names, with as many requests as it takes; returns the errors of those that are still there.

    Swift checks the token for every single name of a bulk delete, and two cases follow from that and its limits:

    - A token that expires in the middle: the names after that get 401. The response lists some of them, and only counts
      those that were deleted. But Swift works in order. So everything from a little before the first 401 is sent again
      with a new token, and no more names at once than the old token was good for.
    - Too many failures (1,000): Swift stops, and names that it never reached are neither counted nor listed. So all
      names that have not failed are sent again; those that are gone already count as absent, which is no failure.
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
        elif _lacks_counts(exchange.result):
            for name in batch:
                failures |= {} if name in failures else _delete_one(http, container, name)
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
    if not isinstance(answer, dict) or not _FIELDS.intersection(answer):
        raise StrangeAnswer("the response to a bulk delete cannot be read")
    errors = [(str(each[0]), str(each[1])) for each in answer.get("Errors") or () if len(each) > 1]
    whole = str(answer.get("Response Status") or "")
    if not errors and whole.startswith("401"):
        return dict.fromkeys(names, whole)
    start = len(container) + 1
    return {unquote(path).removeprefix("/")[start:]: status for path, status in errors if status[:3] != "404"}


def _lacks_counts(answer: dict[str, Any]) -> bool:
    """Whether the answer leaves out how many objects it accounts for, though it says that the work was done."""
    counted = all(isinstance(answer.get(name), int) for name in _COUNTS)
    return not counted and str(answer.get("Response Status") or "200").startswith("2")


def _ended_early(answer: dict[str, Any], count: int, failures: int) -> bool:
    """Whether the answer does not account for every name, since there were too many failures.

    Raises:
        StrangeAnswer: It ended early for another reason.
    """
    told = sum(_number(answer, name) for name in _COUNTS) + failures
    if told >= count:
        return False
    status, text = str(answer.get("Response Status") or ""), str(answer.get("Response Body") or "")[:200]
    if status.startswith("403"):
        raise _refusal(status)
    if failures and status.startswith("400"):
        return True
    if classify(_refusal(status)) is TemporaryError:
        raise _refusal(status)
    raise StrangeAnswer(f"a bulk delete of {count} objects reports only {told}: {status} {text}")


def _number(answer: dict[str, Any], name: str) -> int:
    value = answer.get(name)
    return value if isinstance(value, int) else 0


def _refusal(status: str) -> Exception:
    """The exception that swiftclient would have raised for one name."""
    number, _, reason = status.partition(" ")
    error: Exception = swift_sdk().ClientException(
        "Object DELETE failed", http_status=int(number) if number.isdecimal() else 500, http_reason=reason
    )
    return error
