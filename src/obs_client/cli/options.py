"""The options that several commands share; each stores what it means in the one `Settings` of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

import click

from obs_client.cli.settings import Settings
from obs_client.cli.text import duration

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Function = TypeVar("Function", bound=Callable[..., Any])


class Option(Protocol):
    """Gives a command an option, as a decorator."""

    def __call__(self, function: Function, /) -> Function: ...


def pass_settings(command: Callable[Concatenate[Settings, Arguments], Result]) -> Callable[Arguments, Result]:
    """Give a command the settings of the run, as its first argument."""
    return click.make_pass_decorator(Settings, ensure=True)(command)


def _flag(attribute: str, help_text: str, *names: str) -> Option:
    def store(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Settings).switch_on(attribute)

    return click.option(*names, attribute, is_flag=True, expose_value=False, callback=store, help=help_text)


def _seconds(text: str) -> int:
    seconds = duration(text)
    if seconds < 1:
        raise click.BadParameter("give 1 second or more")
    return seconds


_quiet = _flag("quiet", "Print errors only, and no progress bars.", "-q", "--quiet")
_verbose = _flag("verbose", "Print what is done.", "-v", "--verbose")
_debug = _flag("debug", "Print all that the library logs, and where an error comes from.", "--debug")


def _value(attribute: str, name: str, help_text: str, **more: Any) -> Option:
    def store(context: click.Context, _: click.Parameter, value: object) -> None:
        if value is not None:
            setattr(context.ensure_object(Settings), attribute, value)

    return click.option(name, attribute, expose_value=False, callback=store, help=help_text, **more)


def _size(text: str) -> int:
    from obs_client._urls.quantities import size_of

    try:
        return size_of(text)
    except ValueError as error:
        raise click.BadParameter(f"give {error}") from None


def _rate(text: str) -> int:
    if rate := _size(text):
        return rate
    raise click.BadParameter("give 1 byte a second or more")


_limit_rate = _value(
    "limit_rate", "--limit-rate", "Bytes a second to and from each store: 500kB, 20MiB.", type=_rate, metavar="SIZE"
)
_limit_requests = _value(
    "limit_requests",
    "--limit-requests",
    "Requests a second to each store.",
    type=click.FloatRange(0, min_open=True),
    metavar="N",
)
max_transfer: Option = click.option(
    "--max-transfer", type=_size, metavar="SIZE", help="Copy no more than this, then end."
)
max_duration: Option = click.option(
    "--max-duration", type=_seconds, metavar="TIME", help="Begin no copy after: 30m, 8h."
)

_retries = _value(
    "retries", "--retries", "Tries of each request after the first.", type=click.IntRange(0, 100), metavar="N"
)
_timeout = _value(
    "timeout", "--timeout", "How long to wait for a silent server: 10, 2m.", type=_seconds, metavar="TIME"
)
_progress = _value(
    "progress_as",
    "--progress",
    "Progress as lines on stderr, or none.",
    type=click.Choice(["json", "plain", "none"]),
)

json_lines: Option = _flag("json", "Write results as JSON, one value a line.", "--json")
yes: Option = _flag("yes", "Do not ask.", "-y", "--yes")
include: Option = click.option("--include", metavar="PATTERN", multiple=True, help="Only names that fit; repeatable.")
exclude: Option = click.option("--exclude", metavar="PATTERN", multiple=True, help="No names that fit; repeatable.")
follow_symlinks: Option = click.option(
    "--follow-symlinks", is_flag=True, help="In a source directory, and never out of it."
)
folder_markers: Option = click.option(
    "--folder-markers", is_flag=True, help="Folders of a source directory are objects too: empty ones that mark them."
)
human: Option = click.option("-h", "--human", is_flag=True, help="Sizes for people: 1.5 MiB. Alone it is --help.")


def place(name: str, **settings: Any) -> Option:
    """An argument that is a storage URL or a path; the shell completes both."""
    return click.argument(name, shell_complete=_places, **settings)


def workers(help_text: str) -> Option:
    """`--workers`, with what there are so many of at a time."""
    return click.option(
        "--workers", type=click.IntRange(1, 1000), default=16, show_default=True, metavar="N", help=help_text
    )


def ledger(help_text: str) -> Option:
    """`--ledger`, with what is kept there."""
    return click.option("--ledger", metavar="FILE|URL", help=help_text)


def processes(help_text: str) -> Callable[[Function], Function]:
    """`--processes`, with what so many do."""
    return click.option(
        "--processes", type=click.IntRange(1, 256), default=1, show_default=True, metavar="N", help=help_text
    )


def shared(function: Function) -> Function:
    """Add what every command takes: how much is said, and how patient it is."""
    return _quiet(_verbose(_debug(_progress(_retries(_timeout(function))))))


limit_requests: Option = _limit_requests


def limits(function: Function) -> Function:
    """Add how fast a command that moves content may be."""
    return _limit_rate(_limit_requests(function))


def _places(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from obs_client.cli.completing.places import complete  # a command that runs completes nothing

    return complete(context, parameter, incomplete)
