"""File systems that take two spellings for one (case, Unicode normalisation): which spelling does a directory hold?

Found out without writing: where another spelling of an existing name leads to the same file, the directory is read.
Where it leads nowhere, the device keeps such spellings apart, which is remembered.
"""

from __future__ import annotations

import os
import string
import unicodedata

Question = tuple[int, str]
"""A device number, and what its file system may be blind for: `case` or `normalisation`."""

ExactDevices = set[Question]
"""What file systems are known to keep apart."""

_UPPER, _LOWER = string.ascii_uppercase.encode(), string.ascii_lowercase.encode()
_OTHER_CASE = bytes.maketrans(_UPPER + _LOWER, _LOWER + _UPPER)


def is_held(directory: int, component: bytes, status: os.stat_result, exact: ExactDevices) -> bool:
    """Whether a directory holds a name in just this spelling, given the status that was found under it."""
    case = (status.st_dev, "case")
    if case not in exact and not _check(directory, component, _other_case(component), status, case, exact):
        return False
    if component.isascii():
        return True
    form = (status.st_dev, "normalisation")
    return form in exact or _check(directory, component, _other_form(component), status, form, exact)


def is_case_blind(path: str) -> bool:
    """Whether two names that differ in case only are one file in a directory, which may be absent.

    By an entry of it; if it has none with letters in its name, by its own path or one above.
    """
    try:
        with os.scandir(path) as entries:
            name = next((entry.path for entry in entries if entry.name.swapcase() != entry.name), None)
    except (FileNotFoundError, NotADirectoryError):
        name = None  # it will be made below one of those above it
    if name is not None:
        return _is_one_file(name)
    while path != os.path.dirname(path):
        if os.path.lexists(path) and os.path.basename(path).swapcase() != os.path.basename(path):
            return _is_one_file(path)
        path = os.path.dirname(path)
    return False


def _is_one_file(path: str) -> bool:
    """Whether the last component of a path leads to the same file in another case."""
    head, tail = os.path.split(path)
    try:
        first, second = os.lstat(path), os.lstat(os.path.join(head, tail.swapcase()))
    except FileNotFoundError:
        return False
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


def _check(
    directory: int, component: bytes, variant: bytes, status: os.stat_result, question: Question, exact: ExactDevices
) -> bool:
    if variant == component:
        return True
    try:
        found = os.stat(variant, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        # Letters beyond ASCII prove nothing for all others: each file system has a table of its own.
        if question[1] == "normalisation" or variant == component.translate(_OTHER_CASE):
            exact.add(question)
        return True
    except OSError:
        return _is_spelled_so(directory, component)
    return found.st_ino != status.st_ino or _is_spelled_so(directory, component)


def _other_case(component: bytes) -> bytes:
    variant = component.translate(_OTHER_CASE)
    if variant != component or component.isascii():
        return variant
    return _text(component).swapcase().encode("utf-8", "surrogateescape")


def _other_form(component: bytes) -> bytes:
    text = _text(component)
    decomposed = unicodedata.normalize("NFD", text)
    variant = decomposed if decomposed != text else unicodedata.normalize("NFC", text)
    return variant.encode("utf-8", "surrogateescape")


def _text(component: bytes) -> str:
    return component.decode("utf-8", "surrogateescape")


def _is_spelled_so(directory: int, component: bytes) -> bool:
    with os.scandir(directory) as entries:
        return any(os.fsencode(entry.name) == component for entry in entries)
