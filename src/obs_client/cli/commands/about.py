"""The commands `help`, `version` and `completion`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import obs_client
from obs_client.cli.failures import WrongUse
from obs_client.cli.options import json_lines, pass_settings, shared
from obs_client.cli.settings import Settings

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PACKAGES = (
    "boto3",
    "botocore",
    "python-swiftclient",
    "keystoneauth1",
    "azure-identity",
    "azure-storage-blob",
    "google-auth",
    "google-crc32c",
    "cryptography",
    "click",
    "rich",
)


@click.command()
@json_lines
@shared
@pass_settings
def version(settings: Settings) -> None:
    """Show the versions of obs_client and what it works with."""
    import platform

    versions = {"obs_client": obs_client.__version__, "python": platform.python_version()}
    versions |= {name: _version(name) for name in PACKAGES}
    settings.result(versions, "\n".join(f"{name:20}  {text}" for name, text in versions.items()))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@shared
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands and places.

    \b
    bash, in ~/.bashrc:                        eval "$(obs completion bash)"
    zsh, in ~/.zshrc, after compinit:          eval "$(obs completion zsh)"
    fish, in ~/.config/fish/config.fish:       obs completion fish | source
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    script = found(context.find_root().command, {}, "obs", "_OBS_COMPLETE").source()
    click.echo(_with_urls(script) if shell == "bash" else script)


def _topics(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from obs_client.cli.helping.pages import topics

    return [CompletionItem(name) for name in topics() if name.startswith(incomplete)]


@click.command()
@click.argument("topic", nargs=-1, shell_complete=_topics)
@click.option("--search", metavar="WORDS", help="Show the lines of all pages that hold these words.")
@json_lines
@shared
@pass_settings
def help(settings: Settings, topic: tuple[str, ...], search: str | None) -> None:  # noqa: A001 - the command's name
    """Show a page of the documentation, or list them.

    TOPIC is one that `obs help` lists, a command, or a name of the library, as object_write. Several words are
    searched for.
    """
    if topic and search:
        raise WrongUse("give a topic or --search, not both")
    from obs_client.cli.helping import answers

    if search or len(topic) > 1:
        answers.lines_with(settings, search or " ".join(topic))
    elif topic:
        answers.page(topic[0])
    else:
        answers.topics_listed(settings)


def _with_urls(script: str) -> str:
    """A script for bash that takes a URL for one word, and goes on in a folder without a blank."""
    one_word = "COMP_WORDBREAKS=${COMP_WORDBREAKS//:}\n"
    goes_on = "[[ ${#COMPREPLY[@]} == 1 && $COMPREPLY == *:*/ ]] && compopt -o nospace\n    return 0\n"
    return one_word + script.replace("return 0\n", goes_on, 1)


def _version(package: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
