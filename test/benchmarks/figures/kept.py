"""The lines that are kept, and the tables of the page that are made from the last of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("releases.jsonl")

S3 = {
    "first read by S3Client": "first read in a new process",
    "small put, SeaweedFS": "write of 4 KiB, SeaweedFS",
    "small get, SeaweedFS": "read of 4 KiB, SeaweedFS",
    "small head, SeaweedFS": "`object_info`, SeaweedFS",
    "small delete, SeaweedFS": "deletion, SeaweedFS",
    "small put, 32 threads": "write of 4 KiB, 32 threads, a server that does nothing",
    "small get, 32 threads": "read of 4 KiB, 32 threads, a server that does nothing",
    "listing 100,000 objects": "listing of 100,000, a server that does nothing",
}
"""The rows of the page's first table, by the names under which they are measured."""

COMMAND = {
    "bare interpreter": "bare interpreter",
    "import click": "`import click`",
    "obs --help": "`obs --help`",
    "obs cat, 4 KiB of S3": "`obs cat` of 4 KiB from S3",
}
"""The rows of its table of the command."""


def releases() -> list[Mapping[str, Any]]:
    """All that is kept, the oldest first."""
    return [json.loads(line) for line in KEPT.read_text(encoding="utf-8").splitlines()]


def tables(release: Mapping[str, Any]) -> list[str]:
    """The tables of the page, in Markdown."""
    figures = release["figures"]
    s3 = [f"| {text} | {figures[name]['cpu']:.2f} | {figures[name]['wall']:.2f} |" for name, text in S3.items()]
    command = [
        f"| {text} | {figures[name]['cpu_ms']:.0f} ms | {figures[name]['times_bare']:.1f} |"
        for name, text in COMMAND.items()
    ]
    return [
        "\n".join(["| what | processor time | elapsed time |", "|---|---|---|", *s3]),
        "\n".join(["| what | processor time | times a bare interpreter |", "|---|---|---|", *command]),
    ]


def source(release: Mapping[str, Any]) -> str:
    """Where the figures are from, in one sentence."""
    python, boto3, machine = release["python"], release["boto3"], release["machine"]
    return (
        f"obs_client {release['version']}, {release['date']}: {machine['cores']} cores of an {machine['processor']}, "
        f"load {machine['load']:.1f} at the start; Python {python}, boto3 {boto3}."
    )
