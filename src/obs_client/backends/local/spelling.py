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
