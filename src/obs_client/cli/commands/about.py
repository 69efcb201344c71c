"""The commands `version` and `completion`."""

from __future__ import annotations

import click

import obs_client
from obs_client.cli.options import json_lines, pass_settings, shared
from obs_client.cli.settings import Settings

PACKAGES = (
    "boto3",
    "botocore",
    "python-swiftclient",
    "keystoneauth1",
    "azure-identity",
    "azure-storage-blob",
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
