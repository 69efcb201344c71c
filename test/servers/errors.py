"""The one error of this package."""


class ServerError(Exception):
    """A server could not be installed or started, or it ended by itself; the message ends with the tail of its log."""


def tail(text: str, lines: int = 40) -> str:
    """Give the last lines of a log, for an error message."""
    return "\n".join(text.splitlines()[-lines:])
