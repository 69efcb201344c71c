"""Where requests go: Amazon's endpoints by region, a given one, and containers in them; and what was learned of each.

The rules are those of botocore for plain names; the tests compare them. What is not plain is left to botocore itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from obs_client.backends.s3.signing import Signer
from obs_client.models import EndpointFact, Origin, Outcome

DEFAULT_REGION = "us-east-1"

EXPRESS_ENDS = ("--x-s3", "--xa-s3")
"""How the names of containers and of access points of S3 Express end; they have endpoints and keys of their own."""

SPEAKS_S3 = "responds like S3, but without request ids"
TAKES_UNSIGNED = "takes bodies that are not signed"
TAKES_QUOTED = "takes tags in quotes as conditions of writes"
TAGS = "tags objects with the MD5 of their content"
TAGS_PARTS = "tags parts with the MD5 of their content"
TAGS_LARGE = "tags objects of parts with the MD5 of their parts' MD5s"
VERIFIES_PARTS = "verifies CRC-32 of parts"
TELLS_CHECKSUMS = "reports checksums of objects"
KEEPS_CONDITIONS = "supports conditions of writes"
KEEPS_RACES = "lets one of several writers with the same condition succeed"
DELETES_MANY = "deletes many objects by one request"
GIVES_PERMISSION = "gives permission to send a body (Expect: 100-continue)"
LISTS_BY_TOKENS = "knows ListObjectsV2"
PINS_COPIES = "knows conditions of the source of CopyObject"
PINS_COPIED_PARTS = "knows conditions of the source of UploadPartCopy"

_PARTITIONS = (
    ("cn-", "amazonaws.com.cn"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("eusc-", "amazonaws.eu"),
    ("", "amazonaws.com"),
)
"""How the names of regions begin, and the domain of their endpoints."""

_AMAZON_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")
_PLAIN_REGION = r"[a-z]+(-[a-z]+)+-\d+"
_POSSIBLE_CONTAINER = re.compile(r"[A-Za-z0-9._-]{1,255}")
RESOURCE = r"arn:aws[a-z-]*:s3[a-z-]*:[a-z0-9-]*:\d*:[!-~]+"
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_OUTPOST_END = "--op-s3"


class Route(NamedTuple):
    """Where requests for a container go, and how they are signed.

    Attributes:
        url: Of the container; of the service, where no container is meant.
        signer: None: requests are anonymous.
        region: In which the requests are signed.
    """

    url: str
    signer: Signer | None
    region: str

    def url_of(self, name: str | None, query: str = "") -> str:
        """The URL of the container or of an object in it."""
        url = self.url
        if name is not None:
            url += quoted(name) if url.endswith("/") else f"/{quoted(name)}"
        return f"{url}?{query}" if query else url

    def __repr__(self) -> str:
        return f"Route({self.url})"


class Experience:
    """What this process learned of an endpoint; it holds for every client of it.

    Attributes:
        deletes_by_checksum: It takes a checksum for the digest that a deletion of many names must have.
        delete_maximum: The most names that it deleted in time.
        regions: In which a container was found, where that is not the configured one.
        places_checked: Containers of which the endpoint's URL was seen not to lead into them.
        uploads: The ids of those that this process began and has not ended.
        part_sizes: Of other programs' objects whose digest fitted, the last one first.
        server: What the first of its answers that has a header `Server` says there, or ""; None: none has come yet.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.forget()

    def forget(self) -> None:
        """Know nothing of it again."""
        self.deletes_by_checksum = True
        self.delete_maximum = 1000
        self.regions: dict[str, str] = {}
        self.places_checked: set[str] = set()
        self.uploads: set[str] = set()
        self.part_sizes: list[int] = []
        self.server: str | None = None
        self._facts: dict[str, EndpointFact] = {}

    def of(self, name: str) -> bool | None:
        """Whether something is so; None: it is not known, or a trial did not show it."""
        fact = self._facts.get(name)
        if fact is None or fact.outcome is Outcome.CANNOT_BE_TOLD:
            return None
        return fact.outcome is Outcome.HOLDS

    def is_tried(self, name: str) -> bool:
        """Whether a trial was made, also if it did not show anything."""
        return name in self._facts

    def learn(self, name: str, holds: bool | None, option: str | None = None, origin: Origin = Origin.TRIAL) -> None:
        """Keep how a trial ended, and log it if that is new; None: it could not be told.

        Args:
            option: The parameter of the client that decides it without a trial.
            origin: Of what is known without one.
        """
        if holds is None and self.of(name) is not None:
            return  # another trial told
        outcome = Outcome.CANNOT_BE_TOLD if holds is None else Outcome.HOLDS if holds else Outcome.DOES_NOT_HOLD
        fact = EndpointFact(name, outcome, origin, option)
        if self._facts.get(name) != fact:
            from obs_client.backend.learning import learned

            self._facts[name] = learned(fact, self._endpoint)

    @property
    def facts(self) -> tuple[EndpointFact, ...]:
        """All of it, as users see it."""
        return tuple(self._facts.values())


_experiences: dict[str, Experience] = {}


def experience_of(endpoint: str) -> Experience:
    """What is known of an endpoint. No lock: after a fork none can be left locked, and `setdefault` is atomic."""
    return _experiences.get(endpoint) or _experiences.setdefault(endpoint, Experience(endpoint))


def forget_endpoints() -> None:
    """Know nothing of any endpoint again, for tests."""
    for experience in _experiences.values():
        experience.forget()


def amazon_endpoint(region: str) -> str:
    """The URL of Amazon's S3 in a region whose name `is_plain_region`."""
    if region == DEFAULT_REGION:
        return "https://s3.amazonaws.com"
    domain = next(domain for start, domain in _PARTITIONS if region.startswith(start))
    return f"https://s3.{region}.{domain}"


def is_amazon(endpoint: str) -> bool:
    """Whether a URL is one of Amazon's own."""
    host = (urlsplit(endpoint).hostname or "").lower()
    return host.endswith(_AMAZON_HOSTS)


def is_plain_region(region: str) -> bool:
    """Whether this is a region as Amazon names them, and not a name that stands for something else."""
    return re.fullmatch(_PLAIN_REGION, region) is not None


def is_possible(container: str) -> bool:
    """Whether some server can have a container of this name: old ones and other servers' are wider than S3's."""
    return _POSSIBLE_CONTAINER.fullmatch(container) is not None or is_resource(container)


def is_resource(container: str) -> bool:
    """Whether a container is named by an ARN, as access points are."""
    return re.fullmatch(RESOURCE, container) is not None


def is_plain_container(container: str) -> bool:
    """Whether a possible container is found by the rules of this module."""
    return not is_resource(container) and not container.endswith((*EXPRESS_ENDS, _OUTPOST_END))


def url_in(endpoint: str, container: str | None, virtual: bool) -> str:
    """The URL of a plain container, or of the service.

    Args:
        endpoint: A checked URL.
        virtual: The container is part of the host, if its name can be.
    """
    scheme, _, rest = endpoint.partition("://")
    host, _, path = rest.rstrip("/").partition("/")
    path = f"/{path}" if path else ""
    if container is None:
        return f"{scheme}://{host}{path}/"
    if virtual and _can_be_host(container, scheme) and not _is_address(endpoint):
        return f"{scheme}://{container}.{host}{path}/"
    return f"{scheme}://{host}{path}/{container}"


def quoted(name: str) -> str:
    """An object name as it stands in a URL."""
    return quote(name, safe="/~")


def _can_be_host(container: str, scheme: str) -> bool:
    """Whether a container's name can begin a host's; with dots in it no certificate would fit."""
    labels = container.split(".") if scheme == "http" else [container]
    return len(container) >= 3 and all(map(_LABEL.fullmatch, labels)) and not _ADDRESS.fullmatch(container)


def _is_address(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return ":" in host or _ADDRESS.fullmatch(host) is not None
