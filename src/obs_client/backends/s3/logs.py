"""What botocore logs of its signatures, without what is secret in it."""

from __future__ import annotations

import logging


class _Redaction(logging.Filter):
    """Leaves of a record no more than what it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.args:
            record.msg, record.args = str(record.msg).partition("%")[0] + "***", None
        return True


_redaction = _Redaction()


def redact_signing() -> None:
    """Let botocore's logger of signatures tell no values any more, for all of this process.

    At DEBUG it tells session tokens, and all that a signed URL is made of. To do it twice is to do it once.
    """
    logging.getLogger("botocore.auth").addFilter(_redaction)
