"""How long a server asks to wait before the next try."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from obs_client._http.kit.dates import read_date

_SECONDS = r"[0-9]+(\.[0-9]+)?"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds by `Retry-After`, never less than 0; None if it is not there or nobody can read it.

    A date is measured by the server's own clock, where the answer has it.

    Args:
        headers: Those of an answer, names in lower case.
    """
    wanted = headers.get("retry-after", "").strip()
    if re.fullmatch(_SECONDS, wanted):
        return float(wanted)
    until = read_date(wanted)
    if until is None:
        return None
    now = read_date(headers.get("date"))
    return max(0.0, until - (time.time() if now is None else now))
