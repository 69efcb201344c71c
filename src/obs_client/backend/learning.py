"""What a client learns of its server while it works is logged, so that nobody need guess why it asks as it does."""

from __future__ import annotations

import logging

from obs_client.models import EndpointFact

_logger = logging.getLogger("obs_client")


def learned(fact: EndpointFact, endpoint: str = "the endpoint") -> EndpointFact:
    """Log a fact at the moment in which it is learned, and give it back.

    Args:
        endpoint: Of what, as its user knows it, without secrets.
    """
    decides = f"; {fact.option}=... decides it" if fact.option else ""
    _logger.debug("learned of %s: %r %s (%s%s)", endpoint, fact.name, fact.outcome, fact.origin, decides)
    return fact
