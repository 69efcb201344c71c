"""`probe`: all topics, one after another, on a ground of their own; and the options that follow."""

from __future__ import annotations

import inspect
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from obs_client._engine import arguments
from obs_client._engine.border import Border
from obs_client._engine.parallel import within
from obs_client._http.errors import ConnectFailure
from obs_client.client import ObjectStorageClient
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    NotFoundError,
    NotSupportedError,
    ObjectStorageClientError,
    TemporaryError,
)
from obs_client.models import Origin, Outcome
from obs_client.probing import conditions as of_conditions
from obs_client.probing import requests as of_requests
from obs_client.probing.bounds import Bounds, Ledger
from obs_client.probing.conditions import conditions
from obs_client.probing.copies import copies
from obs_client.probing.ground import REMOVAL_SECONDS, TRIAL_SECONDS, Ground, MakeClient, is_of_client
from obs_client.probing.large import large
from obs_client.probing.listings import listings
from obs_client.probing.metadata import metadata
from obs_client.probing.names import names
from obs_client.probing.network import network, origin_of
from obs_client.probing.profile import OWN_ADDRESSES, Finding, Option, StoreProfile
from obs_client.probing.reading import reading
from obs_client.probing.requests import requests
from obs_client.probing.signed_urls import signed_urls

Topic = Callable[[Ground], Iterator[Finding]]

TOPICS: tuple[Topic, ...] = (
    network,
    requests,
    listings,
    conditions,
    reading,
    copies,
    large,
    signed_urls,
    metadata,
    names,
)
"""What decides options comes early: where the time is short, it is what is wanted most."""

WAYS_IN: tuple[tuple[str, bool | str], ...] = (
    ("sign_payload", True),
    ("checksums", False),
    ("addressing_style", "path"),
    ("addressing_style", "virtual"),
)
"""What is tried, where the constructor has it, if a first write is refused."""

UNKNOWN_SECONDS = 8.0
"""How long it is tried to remove what a first write may have left, if that was never answered."""

_OPTIONS_TRIED = ("addressing_style", "checksums", "conditional_writes", "sign_payload")
_CONDITIONS = (
    of_conditions.IF_ABSENT,
    of_conditions.IF_HASH,
    of_conditions.LARGE_IF_ABSENT,
    of_conditions.LARGE_IF_HASH,
    of_conditions.COPY_IF_ABSENT,
    of_conditions.RACE,
    of_conditions.LARGE_RACE,
)
_CHECKSUMS = (
    of_requests.CRC32,
    of_requests.LARGE_CRC32,
    of_requests.WRONG_CRC32,
    of_requests.WRONG_PART_CRC32,
)


def probe(
    client: ObjectStorageClient,
    container_name: str | None = None,
    *,
    prefix: str = "",
    bounds: Bounds | None = None,
    verify: bool | str = True,
    another: MakeClient | None = None,
    on_finding: Callable[[Finding], object] | None = None,
) -> StoreProfile:
    """Measure a store: what it can and cannot, and the options of a client that follow.

    It writes, reads and deletes below a random prefix of its own and nowhere else, and leaves nothing there, also when
    it fails or is interrupted; in a container that keeps versions, it leaves those. What cannot be told is said to be
    so, with the reason. It takes a minute at most, some hundred requests and a few MiB; 12 MiB with a large object.

    Args:
        container_name: None: the chosen one.
        prefix: Where in the container the probe's own prefix is.
        bounds: How much it may take; None: as above.
        verify: How certificates are checked where trials make requests of their own: as the client's constructor has
            it.
        another: Makes a client of the same store with other options; without it, what needs one cannot be told.
        on_finding: Called with each finding as it comes, in this thread.

    Raises:
        ContainerNotFoundError: The container is absent.
        AuthorizationError: The login is refused, or may not write there.
        ServiceError: The store cannot be reached, or takes no write at all.
    """
    arguments.check_prefix(prefix)
    container = client._container(container_name)
    ledger = Ledger(f"{prefix}obs-probe-{secrets.token_hex(6)}/", bounds or Bounds())
    ground = Ground(client, container, prefix, ledger, verify=verify, another=another)
    findings: list[Finding] = []
    chosen: dict[str, Option] = {}
    patience = UNKNOWN_SECONDS
    try:
        ground, chosen = _begun(ground)
        patience = REMOVAL_SECONDS
        origin = origin_of(ground) or ""
        for finding in _all(ground):
            findings.append(finding)
            if on_finding:
                on_finding(finding)
    finally:
        left = ground.leave(patience)
    findings.append(_left(left))
    if on_finding:
        on_finding(findings[-1])
    return _profile(ground, findings, chosen, origin)


def _begun(ground: Ground) -> tuple[Ground, dict[str, Option]]:
    """A ground on which a write is taken, and the option that it needed for that."""
    error = _refusal(ground)
    if error is None:
        return ground, {}
    if ground.has_others and not isinstance(error, (ConfigurationError, NotFoundError)):
        for option, value in WAYS_IN:
            if ground.takes(option) and _refusal(other := ground.needing(**{option: value})) is None:
                return other, {option: value}
    raise error


def _refusal(ground: Ground) -> ObjectStorageClientError | None:
    """With what a first write is refused, if it is; that only the client does not like the answer is no refusal."""
    seconds = max(0.0, min(TRIAL_SECONDS, ground.ledger.seconds_left))
    try:
        within(ground.begin, seconds)
    except TimeoutError as error:
        raise TemporaryError(
            f"the store took no write within {seconds:,.0f} s",
            container=ground.container,
            hint="is the endpoint right?",
        ) from error
    except ObjectStorageClientError as error:
        if _sent_nothing(error):
            ground.ledger.forget(ground.name("begin"))
        return None if is_of_client(error) else error
    return None


def _sent_nothing(error: ObjectStorageClientError) -> bool:
    """Whether a failed write is known to have written nothing, so that there is nothing to remove, nor to warn of."""
    refusals = (AuthorizationError, ConfigurationError, NotFoundError, NotSupportedError)
    return isinstance(error, refusals) or isinstance(error.__cause__, ConnectFailure)


def _all(ground: Ground) -> Iterator[Finding]:
    for topic in TOPICS:
        try:
            yield from topic(ground)
        finally:
            ground.clear()
    for fact in ground.client.endpoint_facts:
        decides = f"; {fact.option}=... decides it" if fact.option else ""
        yield Finding("endpoint", fact.name, fact.outcome, f"{fact.origin}{decides}")


def _left(names: list[str]) -> Finding:
    outcome = Outcome.DOES_NOT_HOLD if names else Outcome.HOLDS
    return Finding("probe", "all that it made is removed", outcome, f"still there: {names}" if names else "")


def _profile(ground: Ground, findings: list[Finding], chosen: Mapping[str, Option], origin: str) -> StoreProfile:
    address = _own_address(ground)
    endpoint = address or origin
    # The package itself is loaded when this runs; to import it here would be a circle.
    version = str(vars(sys.modules["obs_client"])["__version__"])
    found = StoreProfile(type(ground.client).__name__, endpoint, time.time(), version, {}, tuple(findings))
    options = {**_options(ground, found, address), **chosen}
    return StoreProfile(found.store, endpoint, found.made, version, options, found.findings)


def _own_address(ground: Ground) -> str:
    """The store's own address, without what stands before an `@`; empty if it has none, as a vendor's."""
    location = Border(ground.client).location(ground.container)[0]
    url = location[-1] if isinstance(location, tuple) else ""
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return ""
    before, mark, _ = urlsplit(url).netloc.rpartition("@")
    return url.replace(before + mark, "", 1)


def _options(ground: Ground, found: StoreProfile, address: str) -> dict[str, Option]:
    """What is to be set so that a client need not find it out again.

    At a vendor's own endpoint, which has no address of its own, None is right for it by definition; an option would go
    along to any other.
    """
    options: dict[str, Option] = {}
    signed = {signs: _is_so(found, of_requests.PAYLOADS, name) for signs, name in of_requests.SIGNED.items()}
    if signed[True] and not signed[False]:
        options["sign_payload"] = True
    if not address:
        return options
    options.update({name: address for name in OWN_ADDRESSES if ground.takes(name)})
    if ground.takes("conditional_writes"):
        _decide(options, "conditional_writes", [found.outcome(of_conditions.TOPIC, name) for name in _CONDITIONS])
    if ground.takes("atomic_conditions") and options.get("conditional_writes"):
        options["atomic_conditions"] = True
    if ground.takes("checksums"):
        _decide(options, "checksums", [found.outcome(of_requests.CHECKSUMS, name) for name in _CHECKSUMS])
    styles = [style for style, name in of_requests.STYLES.items() if _is_so(found, of_requests.ADDRESSING, name)]
    if styles:
        options["addressing_style"] = styles[0]
    return {**options, **_from_facts(ground)}


def _is_so(found: StoreProfile, topic: str, name: str) -> bool:
    return found.outcome(topic, name) is Outcome.HOLDS


def _decide(options: dict[str, Option], name: str, outcomes: list[Outcome]) -> None:
    """Set an option to yes if all that it means was seen to hold, to no if one of it was seen not to."""
    if Outcome.DOES_NOT_HOLD in outcomes:
        options[name] = False
    elif all(outcome is Outcome.HOLDS for outcome in outcomes):
        options[name] = True


def _from_facts(ground: Ground) -> dict[str, Option]:
    """What the client found out by itself, as far as an option says yes or no to it that no trial of ours decides."""
    yes_or_no = {
        name
        for name, parameter in inspect.signature(type(ground.client)).parameters.items()
        if "bool" in str(parameter.annotation) and name not in _OPTIONS_TRIED
    }
    return {
        fact.option: fact.outcome is Outcome.HOLDS
        for fact in ground.client.endpoint_facts
        if fact.option in yes_or_no and fact.outcome is not Outcome.CANNOT_BE_TOLD and fact.origin is Origin.TRIAL
    }
