"""The fast tests of each part of the package: those that are to see its changes."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/obs_client"

FAST = "not server and not slow and not full"

PARTS: dict[str, tuple[str, ...]] = {
    "_engine": ("test/engine",),
    "_engine/border.py": (
        "test/engine/test_primitives.py",
        "test/engine/test_border.py",
        "test/engine/test_versions.py",
    ),
    "_engine/listing.py": ("test/engine/test_listing.py",),
    "_engine/copying.py": ("test/engine/test_versions.py", "test/engine/resuming/test_copy.py"),
    "_engine/deleting.py": ("test/engine/test_versions.py", "test/engine/test_border.py"),
    "_engine/arguments.py": ("test/engine/test_refusals.py", "test/engine/test_arguments.py"),
    "_engine/attributes.py": ("test/engine/test_refusals.py", "test/engine/test_arguments.py"),
    "_engine/parallel.py": ("test/engine/test_parallel.py", "test/engine/test_cores.py"),
    "_engine/cores.py": ("test/engine/test_cores.py",),
    "_engine/resuming/journal.py": ("test/engine/resuming/test_journal.py",),
    "_engine/resuming/records.py": ("test/engine/resuming/test_journal.py",),
    "_engine/retry.py": ("test/engine/test_retry.py", "test/engine/test_border.py"),
    "_engine/transfers": ("test/engine/transfers",),
    "_engine/transfers/guarded_upload.py": (
        "test/engine/transfers/test_guarded_upload.py",
        "test/engine/transfers/test_publishing.py",
    ),
    "_engine/transfers/parts.py": (
        "test/engine/transfers/test_parts.py",
        "test/engine/transfers/test_upload.py",
        "test/engine/transfers/test_download.py",
    ),
    "_engine/transfers/memory.py": ("test/engine/transfers/test_memory.py",),
    "_engine/transfers/files.py": ("test/engine/transfers/test_files.py",),
    "_engine/transfers/progress.py": ("test/engine/transfers/test_progress.py",),
    "_engine/transfers/reading.py": (
        "test/engine/transfers/reading/test_guarded_reader.py",
        "test/engine/transfers/reading/test_reading.py",
        "test/engine/transfers/reading/test_versions.py",
        "test/engine/transfers/test_download.py",
    ),
    "_engine/transfers/download.py": (
        "test/engine/transfers/test_fetching.py",
        "test/engine/transfers/test_download.py",
        "test/engine/transfers/reading/test_reading.py",
        "test/engine/transfers/test_progress.py",
    ),
    "_engine/transfers/upload.py": (
        "test/engine/transfers/test_sources.py",
        "test/engine/transfers/test_upload.py",
        "test/engine/transfers/test_progress.py",
        "test/engine/transfers/test_publishing.py",
    ),
    "_engine/transfers/part_writer.py": (
        "test/engine/transfers/test_part_writer.py",
        "test/engine/transfers/test_sources.py",
        "test/engine/transfers/test_upload.py",
        "test/engine/transfers/test_memory.py",
    ),
    "_engine/transfers/read_file.py": (
        "test/engine/transfers/reading/test_read_file.py",
        "test/engine/transfers/test_files.py",
        "test/engine/transfers/reading/test_reading.py",
        "test/engine/transfers/reading/test_versions.py",
    ),
    "_engine/globbing.py": ("test/engine/test_globbing.py",),
    "_http": ("test/http",),
    "_http/answer.py": (
        "test/http/test_answers.py",
        "test/http/test_connections.py",
        "test/http/test_watching.py",
    ),
    "_http/head.py": ("test/http/test_heads.py",),
    "_http/kit": ("test/http/kit",),
    **{f"_http/kit/{name}.py": (f"test/http/kit/test_{name}.py",) for name in ("buffers", "ranges", "readers", "xml")},
    "_urls": ("test/urls", "test/contract/test_urls.py"),
    "backend": ("test/backend", "test/engine"),
    "backends/local": ("test/local",),
    "backends/s3": ("test/s3", "test/field/s3", "test/loopback/test_s3_double.py"),
    "backends/s3/copying.py": ("test/s3/test_spoiled.py", "test/s3/lean/test_servers.py", "test/field/s3"),
    "backends/s3/digests": ("test/s3/digests",),
    "backends/s3/multipart": ("test/s3/multipart", "test/s3/test_checksums.py", "test/field/s3"),
    "backends/s3/multipart/requests.py": ("test/s3/multipart/test_parts.py",),
    "backends/s3/multipart/upload.py": ("test/s3/multipart/test_parts.py",),
    "backends/s3/reading.py": ("test/s3/content",),
    "backends/s3/writing.py": ("test/s3/content/test_writing.py",),
    "backends/swift": ("test/swift", "test/field/swift", "test/loopback/test_swift_double.py"),
    "backends/swift/reading.py": ("test/swift/content", "test/swift/test_spoiled.py"),
    "backends/swift/segments.py": ("test/swift/content", "test/swift/test_spoiled.py", "test/field/swift"),
    "backends/swift/writing.py": ("test/swift/content", "test/swift/test_spoiled.py", "test/field/swift"),
    "backends/gcs": ("test/gcs",),
    "backends/gcs/multipart.py": ("test/gcs/content/test_uploads.py", "test/gcs/test_spoiled.py"),
    "backends/gcs/reading.py": ("test/gcs/content/test_reading.py", "test/gcs/test_spoiled.py"),
    "backends/gcs/resumable.py": ("test/gcs/content/test_uploads.py", "test/gcs/test_spoiled.py"),
    "backends/gcs/writing.py": ("test/gcs/content/test_writing.py", "test/gcs/test_spoiled.py"),
    "backends/azure": ("test/azure",),
    "backends/azure/blocks.py": ("test/azure/content/test_writing.py", "test/azure/test_spoiled.py"),
    "backends/azure/reading.py": ("test/azure/content/test_reading.py", "test/azure/test_spoiled.py"),
    "backends/azure/writing.py": ("test/azure/content/test_writing.py", "test/azure/test_spoiled.py"),
    "copying.py": (
        "test/engine/test_copying.py",
        "test/engine/resuming/test_copy.py",
        "test/sync/running/test_short_way.py",
    ),
    "sync": ("test/sync",),
    "wrappers": ("test/wrappers",),
}
"""Folders and files of the package, with their tests; of several that fit, the longest says."""


def files_of(given: str) -> list[str]:
    """The modules that a path names, as paths within the package.

    Raises:
        SystemExit: There are none.
    """
    path = PACKAGE / given.removeprefix("src/obs_client/")
    found = [path] if path.suffix == ".py" and path.is_file() else sorted(path.rglob("*.py"))
    if not found:
        raise SystemExit(f"test/mutate: there is no {given!r} in {PACKAGE}")
    return [
        str(each.relative_to(PACKAGE)) for each in found if each.name != "__init__.py" or "def " in each.read_text()
    ]


def tests_of(module: str) -> tuple[str, ...]:
    """The tests of a module.

    Raises:
        SystemExit: No part has it.
    """
    fitting = [part for part in PARTS if module == part or module.startswith(f"{part}/")]
    if not fitting:
        raise SystemExit(f"test/mutate: say in test/mutating/parts.py which fast tests {module!r} has")
    return PARTS[max(fitting, key=len)]
