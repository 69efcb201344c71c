"""Wrong use, told in one line: what is wrong, what was perhaps meant, and where to read on."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator

import click

from obs_client.cli.failures import WrongUse

_OTHER_WORDS = {
    "compare": "check",
    "copy": "cp",
    "create": "mb",
    "del": "rm",
    "delete": "rm",
    "diff": "check",
    "dir": "ls",
    "download": "get",
    "find": "ls",
    "head": "info",
    "docs": "help",
    "list": "ls",
    "man": "help",
    "mirror": "sync",
    "mkdir": "mb",
    "move": "mv",
    "presign": "url",
    "remove": "rm",
    "rsync": "sync",
    "share": "url",
    "rmdir": "rb",
    "sign": "url",
    "stat": "info",
    "upload": "put",
    "verify": "check",
}
"""What other commands call it."""

_WHOLE_FOLDERS = ("-a", "-r", "-R", "--recursive")
"""What other commands take to copy folders; those here that know it are not asked."""

_FOLDERS_BY = {
    "mv": "obs sync copies folders",
    **dict.fromkeys(("sync", "check"), "folders are always copied completely"),
}
"""What a command says of folders when it is given such an option."""


class HelpAlone(click.Command):
    """A command whose `-h` is another option, but alone is its help."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Take the arguments."""
        return super().parse_args(context, ["--help"] if arguments == ["-h"] else arguments)


class Commands(click.Group):
    """A group that guesses which command was meant."""

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names."""
        name = arguments[0]
        names = self.list_commands(context)
        if name not in names and not name.startswith("-") and not context.resilient_parsing:
            raise click.UsageError(f"there is no command {name!r}{meant(name, names)}", context)
        return super().resolve_command(context, arguments)


@contextlib.contextmanager
def wrong_use_in_one_line() -> Iterator[None]:
    """Within the block what click says in three lines becomes one, with the help to read."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "obs"
        raise WrongUse(_message(error), f"{where} --help shows more") from error


def _message(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        close = [word for word in error.possibilities or [] if _alike(word, error.option_name)]
        command = error.ctx.info_name if error.ctx else None
        folders = _FOLDERS_BY.get(command or "") if error.option_name in _WHOLE_FOLDERS else None
        advice = f"; {folders}" if folders else _or(close)
        return f"there is no option {error.option_name}{advice}"
    text = " ".join(error.format_message().split()).rstrip(".")
    return text[:1].lower() + text[1:] if text.startswith(("Missing", "Invalid", "Got", "Option")) else text


def _alike(one: str, other: str) -> bool:
    """Whether two options are alike not only in their dashes."""
    from difflib import get_close_matches

    return bool(get_close_matches(one.lstrip("-"), [other.lstrip("-")]))


def meant(name: str, known: Collection[str]) -> str:
    """What to add to a message about a name that is not known: those that are like it."""
    from difflib import get_close_matches

    other = _OTHER_WORDS.get(name.lower())
    return _or([other] if other and (other in known) else get_close_matches(name, dict.fromkeys(known)))


def _or(words: list[str]) -> str:
    return f"; did you mean {' or '.join(words)}?" if words else ""
