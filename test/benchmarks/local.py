"""The local store against plain `shutil` and `os` in the same directory."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from obs_client import LocalClient
from test.benchmarks.measuring import MIB, growth, interleaved

SIZE = 1024 * MIB
SMALL_FILES = 10_000
LISTED = 100_000
BLOCK = MIB


def large_files() -> None:
    """1 GiB up and down, with its digest kept and checked, against `shutil.copyfile` and then an MD5 pass."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        _random_file(place / "source", SIZE)
        client = LocalClient(place / "root", "box")
        (place / "root" / "box").mkdir(parents=True)
        client.upload_file(place / "source", "large")
        seconds = interleaved(
            {
                "plain": lambda: _copy_and_hash(place / "source", place / "copy"),
                "upload": lambda: client.upload_file(place / "source", "large"),
                "download": lambda: client.download_file("large", place / "copy"),
            },
            rounds=5,
        )
        print(f"1 GiB: shutil.copyfile and an MD5 pass {seconds['plain']:.2f} s")
        for name in ("upload", "download"):
            print(
                f"  {name:10} {seconds[name]:.2f} s, {seconds['plain'] / seconds[name]:.2f} x its speed (wanted: 0.7)"
            )


def _random_file(path: Path, size: int) -> None:
    block = os.urandom(16 * MIB)
    with open(path, "wb") as file:
        for number in range(size // len(block)):
            file.write(number.to_bytes(8, "big") + block[8:])


def _copy_and_hash(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with open(target, "rb") as file:
        hashlib.file_digest(file, "md5")


def small_files() -> None:
    """10,000 small objects against a loop of open, write and rename."""
    content = os.urandom(1000)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        (place / "box").mkdir()
        (place / "plain").mkdir()
        client = LocalClient(place, "box")

        variants = {
            "plain": _each_number(lambda number: _plain_write(directory, number, content)),
            "write": _each_number(lambda number: client.object_write(str(number), content)),
            "plain read": _each_number(lambda number: Path(directory, "plain", str(number)).read_bytes()),
            "read": _each_number(lambda number: client.object_read(str(number))),
        }
        for run in variants.values():
            run()
        seconds = interleaved(variants, rounds=5)
        print(f"{SMALL_FILES:,} files of 1,000 bytes: open, write, rename {seconds['plain']:.2f} s")
        print(
            f"  object_write {seconds['write']:.2f} s, {seconds['write'] / seconds['plain']:.1f} x (wanted: 8, aim 4)"
        )
        ratio = seconds["read"] / seconds["plain read"]
        print(f"  object_read {seconds['read']:.2f} s, {ratio:.1f} x open and read")


def _each_number(call: Callable[[int], object]) -> Callable[[], None]:
    def run() -> None:
        for number in range(SMALL_FILES):
            call(number)

    return run


def _plain_write(directory: str, number: int, content: bytes) -> None:
    temporary = f"{directory}/plain/temporary"
    with open(temporary, "wb") as file:
        file.write(content)
    os.rename(temporary, f"{directory}/plain/{number}")


def listing() -> None:
    """100,000 objects listed lazily, in one directory and in many."""
    for folders in (1, 1000):
        with tempfile.TemporaryDirectory() as directory:
            for number in range(LISTED):
                folder = Path(directory, "box", f"folder-{number % folders:04}")
                if number < folders:
                    folder.mkdir(parents=True)
                (folder / f"object-with-a-name-of-usual-length-{number:06}").touch()
            grown, output = growth(
                """
                import time
                from obs_client import LocalClient
                client = LocalClient(sys.argv[1], "box")
                start()
                began = time.perf_counter()
                print(sum(1 for entry in client.object_iter()), f"{time.perf_counter() - began:.1f} s")
                """.replace("\n                ", "\n        "),
                directory,
            )
        print(f"listing in {folders:,} folder(s): {output}, {grown:.1f} MiB above the start (wanted: 64)")


def pipe() -> None:
    """2 GiB from a pipe: memory."""
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(f"{directory}/box")
        grown, output = growth(
            """
            import os, threading
            from obs_client import ClientOptions, LocalClient
            options = ClientOptions()
            client = LocalClient(sys.argv[1], "box", options=options)
            block = os.urandom(1 << 20)
            source, sink = os.pipe()
            def feed():
                with open(sink, "wb") as file:
                    for _ in range(2048):
                        file.write(block)
            start()
            thread = threading.Thread(target=feed)
            thread.start()
            with open(source, "rb") as stream:
                client.object_upload(stream, "large")
            thread.join()
            assert client.object_info("large").size == 2 << 30
            print(((options.workers + 1) * options.part_size >> 20) + 32)
            """.replace("\n            ", "\n        "),
            directory,
        )
    print(f"2 GiB from a pipe: {grown:.1f} MiB above the start (wanted: {output})")
