"""Every place that raises `NotSupportedError`, and what of `capabilities` tells of it beforehand."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator

import pytest

from obs_client import Capabilities
from test.contract.source import PACKAGE, SOURCE

HOME = SOURCE / PACKAGE

URLS = ("download_urls", "upload_urls")
SIZES = ("part_size_maximum", "part_count_maximum")
TOLD_BY: dict[str, tuple[str, ...]] = {
    "_engine/arguments.py check_conditions": ("if_absent", "if_hash"),
    "_engine/arguments.py check_declared": (
        "tags",
        "download_url_content_type",
        "download_url_content_disposition",
        "upload_url_content_type",
        "upload_url_content_disposition",
        "upload_url_size",
    ),
    "_engine/arguments.py check_deletion": ("delete_if_hash",),
    "_engine/arguments.py check_writable": ("writable",),
    "_engine/transfers/part_writer.py _too_long": SIZES,
    "_engine/transfers/parts.py part_size": SIZES,
    "backend/primitives.py _object_begin_copy": ("server_side_copy",),
    "backend/primitives.py _object_copy": ("server_side_copy",),
    "backend/primitives.py _object_generate_download_url": URLS,
    "backend/primitives.py _object_generate_upload_url": URLS,
    "backend/primitives.py _object_reopen": ("resumable_uploads",),
    "backend/primitives.py _object_tags": ("tags",),
    "backends/azure/client.py _url": URLS,
    "backends/gcs/signing.py signed_url": URLS,
    "backends/local/directory.py _check_emptying": ("container_delete",),
    "backends/local/directory.py _read_only": ("writable",),
    "backends/s3/requests.py presign": URLS,
    "backends/s3/sdk.py presign": URLS,
    "backends/swift/signing.py _make": URLS,
    "backends/swift/writing.py write_object": SIZES,
    "sync/ledger/in_store.py read": ("if_absent", "if_hash"),
    "wrappers/reading.py _refuse": ("writable",),
}
"""The fields that are False, or the limits, where it is raised."""

OF_WHAT_IS_THERE: dict[str, str] = {
    "_engine/copying.py": "an object whose size nobody tells",
    "backend/primitives.py": "an object whose size nobody tells, of which the last bytes are asked",
    "backends/swift/copying.py": "an object with what only a copy by the store keeps",
    "backends/swift/writing.py": "an object that is a symbolic link out of the store",
    "backends/swift/cleanup.py": "an object whose segments the server does not tell",
    "backends/local/lock.py": "a file system without locks, which shows when one is taken",
}
"""What is refused because of one object or disk, and can be known only by looking at it."""

ANSWERED = (
    "_http/kit/calls/refusals.py",
    "backends/azure/errors.py",
    "backends/gcs/errors.py",
    "backends/s3/errors.py",
    "backends/swift/errors.py",
)
"""Tables of what servers answer that they do not know, or cannot do for one object: nobody can tell beforehand."""


def naming() -> Iterator[tuple[str, ast.Module]]:
    """The files in which such an error is named: only they are parsed."""
    for path in sorted(HOME.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "NotSupportedError" in text:
            yield path.relative_to(HOME).as_posix(), ast.parse(text)


def raising() -> dict[str, str]:
    """Each function that makes such an error, with the file that it is in."""
    found = {}
    for name, tree in naming():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and _makes_one(node):
                found[f"{name} {node.name}"] = name
    return found


def _makes_one(function: ast.FunctionDef) -> bool:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(isinstance(call.func, ast.Name) and call.func.id == "NotSupportedError" for call in calls)


@pytest.mark.slow
def test_each_refusal_can_be_told_beforehand() -> None:
    found = raising()
    unknown = [where for where, file in found.items() if where not in TOLD_BY and file not in OF_WHAT_IS_THERE]
    assert unknown == [], "nothing says which capability tells of these"
    assert sorted(set(TOLD_BY) - set(found)) == []
    assert sorted(set(OF_WHAT_IS_THERE) - set(found.values())) == []


def test_what_tells_of_them_are_capabilities() -> None:
    fields = {field.name for field in dataclasses.fields(Capabilities)}
    assert {each for names in TOLD_BY.values() for each in names} <= fields


def test_answers_of_servers_are_named_in_tables_only() -> None:
    """Beside them the name stands where it is raised, or caught, or told about in docstrings."""
    kinds = []
    for name, tree in naming():
        tables = [node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
        names = [node for table in tables for node in ast.walk(table) if isinstance(node, ast.Name)]
        if any(each.id == "NotSupportedError" for each in names):
            kinds.append(name)
    caught = {"cli/commands/syncing.py"}
    assert set(kinds) - caught == set(ANSWERED)
