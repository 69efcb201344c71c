"""To have no more rights than a file's mode grants, for tests that root runs, too: without the capabilities of root."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

import pytest

_VERSION = 0x20080522
_OVERRIDE, _SEARCH = 1 << 1, 1 << 2


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


@contextlib.contextmanager
def as_granted() -> Iterator[None]:
    """Within the block this thread, and those that it starts, may do what the modes of files grant their owner."""
    if os.geteuid() != 0:
        yield
        return
    library = ctypes.CDLL(None)
    header, data = _Header(_VERSION, 0), (_Data * 2)()
    if not hasattr(library, "capget") or library.capget(ctypes.byref(header), data):
        pytest.skip("the rights of root cannot be given up here")
    before = data[0].effective
    data[0].effective = before & ~(_OVERRIDE | _SEARCH)
    assert library.capset(ctypes.byref(header), data) == 0
    try:
        yield
    finally:
        data[0].effective = before
        assert library.capset(ctypes.byref(header), data) == 0
