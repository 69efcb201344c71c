"""What went wrong, as one line with a hint and an exit status."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterable
from typing import IO, Any

import click

from obs_client import errors
from obs_client.cli.text import printable

CLOSED_PIPE = 141
"""As the shell reports a program that was stopped by the pipe it writes to."""

SECRET_MINIMUM = 8
"""Characters of what is taken for a secret by the name of its variable; a shorter one may be any word."""

_COMMANDS: tuple[tuple[type[Exception], str], ...] = (
    (errors.ObjectNotFoundError, "obs ls shows what is there"),
    (errors.ContainerNotEmptyError, "obs rb --force deletes what is in it"),
    (errors.ContainerNotSpecified, "write it after the store: s3://container, or give a path"),
)
"""Which of the commands helps; all other advice is the error's own."""

_OF_THE_SYSTEM = {
    **dict.fromkeys((errno.EACCES, errno.EPERM), "look at its permissions and those of the directories above it"),
    errno.EROFS: "the file system is mounted for reading only",
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room on the file system, or raise the quota"),
}
"""What helps where the file system refuses a file of the user's own, by the number of its error."""

_OURS = (
    ("call it again with resume=True to continue", "--resume continues, as does obs transfers resume ID"),
    ("timeout=... (in a URL ?timeout=...)", "--timeout"),
    ("or give profile=... or credentials={...}", "or give ?profile=... in the URL"),
    (
        "this store does not support if_absent (capabilities.if_absent is False)",
        "this store is not known to support --if-absent",
    ),
)
"""What the library's words are in the command."""

_IN_A_URL = r"(?:\w+\([^()]*\)|\w+=[^\s(]+|an empty mapping),? \(?in a URL \??([\w=.]+)\)?"
"""An option as programs are told of it, with the words for who writes a URL."""

_OF_A_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

ARGUMENTS = "obs_client.arguments"
"""Under this name the context of a command keeps its arguments as they were written."""

NAMED = "obs_client.named"
"""Under this name it keeps how names in named stores are written."""

# Patterns as text: `re` compiles them when a failure is told of, and then keeps them.
_PAGE = r"(?s)  \[first \d+ chars of response\] b?(\"|').*?\1(?= \(txn| \(|$)"
"""The beginning of a page that a server sent with its refusal, as swiftclient shows it."""
_HIDDEN_VARIABLES = "SECRET|PASSWORD|TOKEN|^ST_KEY$"
_WORDS = (
    r"(?:signature|credential|secret|token|password|temp_url_sig|authorization"
    r"|(?<!create_temp_)(?:auth|url)[_-]key|access[_-]?key(?:[_-]id)?)"
)
_SECRET_IN_QUERY = rf"(?i)([?&][^=&\s]*{_WORDS}(?:=|%3D))[^\s&\"']+"
_SECRET = (
    rf"(?i)({_WORDS})"
    r"([\"']?\s*(?:=|:|%3D)\s*[\"']?)(?:(?:bearer|basic|aws4-hmac-sha256)\s+)?[^\s&\"',;)]+"
)


class Failure(click.ClickException):
    """A failure that the user is told of; click shows it and leaves with its exit status.

    Its message is in words of this command and names of the user's; foreign texts in it come by `without_secrets`.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(as_written(message))
        self.hint = hint

    def show(self, file: IO[Any] | None = None) -> None:
        """Write one line to stderr."""
        hint = f" ({self.hint})" if self.hint and self.hint not in self.message else ""
        click.echo(printable(f"obs: {without_query_secrets(self.message)}{hint}"), file=file, err=True)


class WrongUse(Failure):
    """The command was called in a way that cannot work."""

    exit_code = 2


class NotThere(Failure):
    """What was asked for is not there."""

    exit_code = 3


class Declined(Failure):
    """The answer to a question was not yes."""


class Interrupted(Failure):
    """Stopped by Ctrl-C."""

    exit_code = 130


class Terminated(Failure):
    """Stopped by SIGTERM."""

    exit_code = 143


class HungUp(Failure):
    """Stopped because the terminal has gone."""

    exit_code = 129


def failure_of(error: Exception, about: str = "") -> Failure:
    """The one line for any exception; it begins with what it is about, if that is given."""
    failure = _failure_of(error)
    return type(failure)(f"{about}: {failure.message}", failure.hint) if about else failure


def _failure_of(error: Exception) -> Failure:
    if isinstance(error, errors.PartialFailureError):
        return Failure(_text(error).partition("; the first, ")[0], _hint(error))
    if isinstance(error, (errors.ObjectStorageClientError, ValueError)):
        return _kind(error)(_text(error), _hint(error))
    if isinstance(error, OSError):
        path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
        # An unfinished file of ours has a name that nobody knows.
        subject = f"{path}: " if path and not path.startswith("%obs_") else ""
        done = "could not write " if path and error.errno in _OF_A_DISK else ""
        return Failure(
            f"{done}{subject}{without_secrets(error.strerror or str(error))}", _OF_THE_SYSTEM.get(error.errno or 0, "")
        )
    if isinstance(error, ModuleNotFoundError):
        return Failure(f"the package {error.name!r} is missing", "pip install 'obs_client[cli]'")
    text = f"{type(error).__name__}: {without_secrets(str(error))}"
    return Failure(text, "a fault of obs itself; --debug shows where")


def _is_path(container: str | None) -> bool:
    """Whether an argument that is no URL begins with a container's name, as one does whose scheme lacks its colon."""
    context = click.get_current_context(silent=True)
    arguments = [] if context is None else context.meta.get(ARGUMENTS, [])
    return any(argument == container or argument.startswith(f"{container}/") for argument in arguments)


def creating(container: str | None) -> str:
    """The advice where a container is absent; none if its name is one that many stores give no new container."""
    return "obs mb creates one" if container and re.fullmatch(r"[a-z0-9][a-z0-9.-]*", container) else ""


def as_written(text: str) -> str:
    """A text in which paths in this directory stand as they were written: without its own, if no argument has that."""
    context = click.get_current_context(silent=True)
    arguments = None if context is None else context.meta.get(ARGUMENTS)
    if context is not None and arguments is not None:
        if NAMED not in context.meta:
            context.meta[NAMED] = _in_named_stores(arguments)
        for pattern, ours in context.meta[NAMED].items():
            text = re.sub(pattern, ours, text)
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:  # it was removed
        return text
    if arguments is None or here == os.sep or any(here.rstrip(os.sep) in each for each in arguments):
        return text
    return text.replace(f"'{here}", "'").replace(f'"{here}', '"')


def _in_named_stores(arguments: Iterable[str]) -> dict[str, str]:
    """How lines name what is in named stores that begin in a container, and how it is written."""
    from obs_client.urls import StorageUrl, is_url

    found = {}
    for argument in arguments:
        with contextlib.suppress(errors.ObjectStorageClientError):
            url = StorageUrl.parse(argument) if is_url(argument) else None
            if url is not None and url.alias is not None and url.alias.prefix is not None:
                start, container = re.escape(url.alias.prefix), re.escape(url.container_name or "")
                found[f"'{start}([^']*)' in (?:container )?'{container}'"] = rf"'{url.alias.name}://\1'"
    return found


def without_secrets(text: str) -> str:
    """A foreign text with all blotted out that may be a signature, token, key or password."""
    return re.sub(_SECRET, r"\1\2***", _without_those_of_the_environment(text))


def without_query_secrets(text: str) -> str:
    """A text of our own with secrets blotted out in queries of URLs; a name like `password=x` is left as it is."""
    return re.sub(_SECRET_IN_QUERY, r"\1***", _without_those_of_the_environment(text))


def _without_those_of_the_environment(text: str) -> str:
    for name, value in os.environ.items():
        if len(value) >= SECRET_MINIMUM and re.search(_HIDDEN_VARIABLES, name):
            text = text.replace(value, "***")
    return text


def _text(error: Exception) -> str:
    """The message; of what a server said, only what matters: `--debug` shows it all."""
    by_server = error.__cause__ is not None and not isinstance(error.__cause__, OSError)
    if isinstance(error, errors.NotFoundError) and by_server and error.container:
        if isinstance(error, errors.ContainerNotFoundError):
            return f"there is no container {error.container!r}"
        if error.object_name:
            return f"there is no object {error.object_name!r} in {error.container!r}"
    told = error.args[0] if isinstance(error, errors.ObjectStorageClientError) and error.args else error
    return in_our_words(without_secrets(re.sub(_PAGE, "", str(told))))


def in_our_words(text: str) -> str:
    for words, ours in _OURS:
        text = text.replace(words, ours)
    return re.sub(_IN_A_URL, r"?\1 in the URL", text)


def _kind(error: Exception) -> type[Failure]:
    if isinstance(error, errors.NotFoundError):
        return NotThere
    usage = (errors.ConfigurationError, errors.ContainerNotSpecified)
    is_usage = isinstance(error, usage) or not isinstance(error, errors.ObjectStorageClientError)
    return WrongUse if is_usage else Failure


def _hint(error: Exception) -> str:
    """What to do: by another command, and as programs are told."""
    own = in_our_words(error.hint) if isinstance(error, errors.ObjectStorageClientError) else ""
    commands = next((words for kind, words in _COMMANDS if isinstance(error, kind)), "")
    if isinstance(error, errors.ContainerNotFoundError):
        commands = creating(error.container)
        if _is_path(error.container):
            commands = "; ".join(filter(None, (commands, "a storage URL has a scheme: s3://container")))
    if isinstance(error, errors.NotSupportedError) and "capabilities.if_" in str(error):
        commands = "obs probe finds out whether it does"
    return "; ".join(filter(None, (commands, own)))
