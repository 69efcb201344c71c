"""Object names and the paths they live at, by two rules; pure, no file system is touched here.

A name is split at `/` into segments. A segment that can be one component of a path lives under its own text. `Plain`
refuses all others. With `Escaping` one that cannot, or whose place is taken, has one reversible escape in the same
directory, which starts with `%obs_`:

- `%obs_f_<segment>` for the last segment of a name, a file: `a//` ends in `%obs_f_`;
- `%obs_d_<segment>` for any other segment, a directory: `a//b` is `a/%obs_d_/b`;
- `%obs_l_<piece>` before it, a directory each, for the first pieces of a segment that is too long for one component:
  as many whole characters as fit, then the rest as above;
- `%obs_xf_`, `%obs_xd_` and `%obs_xl_` the same with the bytes in lower-case hexadecimal, for file systems that take
  two spellings for one (case, Unicode normalisation).

So `a` beside `a/b` is the file `%obs_f_a` beside the directory `a`, or the directory `%obs_d_a` beside the file `a`,
whichever came later. With both rules two more files are ours, and no objects: `%obs_t_<16 hex digits>` is an
unfinished write, `%obs_s_<inode number>` has the attributes of the file with that number where extended attributes do
not do.
"""

from __future__ import annotations

import abc
import functools
import re
from typing import Literal

from obs_client.backend.atomic import TEMPORARY_NAME
from obs_client.errors import InvalidNameError

Path = tuple[bytes, ...]
"""Components below a container's directory."""

Kind = Literal["f", "d"]
"""What a segment is: the file at a name's end, or a directory before it."""

MARK = b"%obs_"
COMPONENT_MAXIMUM = 255
NAME_MAXIMUM = 1024

_SIDECAR = re.compile(rb"%obs_s_[1-9][0-9]*")
_ESCAPE = re.compile(rb"%obs_(x?)([fdl])_(.*)", re.DOTALL)
_SEGMENT = rb"(?!%obs_|\.{1,2}(?:/|\Z))[^/\0]{1,255}"
_PLAIN_SEGMENT = re.compile(_SEGMENT)
_PLAIN_NAME = re.compile(_SEGMENT + rb"(?:/" + _SEGMENT + rb")*")
_PLAIN_ROOM = COMPONENT_MAXIMUM - len(b"%obs_l_")
_NO_ESCAPE = "its name starts with '%obs_' but is not an escape of this library; rename it"
_HEX_ROOM = (COMPONENT_MAXIMUM - len(b"%obs_xl_")) // 2


class UnreadableName(Exception):
    """No object name leads to this path; the message says why, as the end of a sentence about the file's name."""


class Naming(abc.ABC):
    """A rule by which segments of names and paths lead to each other.

    Attributes:
        one_place: Each name has one possible path, so that one rename is a whole write.
        replaces_links: A write takes the place of a symbolic link; otherwise the link stands in its way.
    """

    one_place: bool
    replaces_links: bool

    @abc.abstractmethod
    def check(self, name: str) -> None:
        """Raise `InvalidNameError` for a name that has no path."""

    @abc.abstractmethod
    def forms(self, segment: str, kind: Kind) -> tuple[Path, ...]:
        """The places of a segment below its directory, the preferred one first; none for what no name may hold."""

    @abc.abstractmethod
    def segment_of(self, form: Path, kind: Kind) -> str:
        """The segment that lives at a form, the reverse of `forms`; raises `UnreadableName` for any other path."""

    @abc.abstractmethod
    def is_piece(self, component: bytes) -> bool:
        """Whether a directory of this name holds the rest of a long segment."""


class Escaping(Naming):
    """Every name has a path, most of them their own text."""

    one_place = False
    replaces_links = False

    def check(self, name: str) -> None:
        pass

    def forms(self, segment: str, kind: Kind) -> tuple[Path, ...]:
        return forms(segment, kind)

    def segment_of(self, form: Path, kind: Kind) -> str:
        return segment_of(form, kind)

    def is_piece(self, component: bytes) -> bool:
        return is_piece(component)


class Plain(Naming):
    """A name is its path, and what no path can have is refused."""

    one_place = True
    replaces_links = True

    def check(self, name: str) -> None:
        path_of(name)

    def forms(self, segment: str, kind: Kind) -> tuple[Path, ...]:
        component = plain(segment)
        return () if component is None else ((component,),)

    def segment_of(self, form: Path, kind: Kind) -> str:
        component = b"/".join(form)
        if component.startswith(MARK):
            raise UnreadableName(
                "it is an escape of LocalClient; name the directory by a file: URL with container_name"
            )
        return _text(component)

    def is_piece(self, component: bytes) -> bool:
        return False


ESCAPING = Escaping()
PLAIN = Plain()


def path_of(name: str) -> Path:
    """The components of a name that is taken as it is.

    Raises:
        InvalidNameError: No path can have this name.
    """
    path = plain_path(name)
    if path is None:
        segment = next(segment for segment in name.split("/") if plain(segment) is None)
        raise InvalidNameError(
            f"no file in a directory can have the name {name!r}: its segment {segment!r} {_reason(segment)}; leave "
            f"it out with an exclude pattern, or take a file: URL with container_name, which keeps every name",
            object_name=name,
        )
    return path


def plain_path(name: str) -> Path | None:
    """The components of a name under its own text, or None if it cannot be a path."""
    raw = name.encode("utf-8", "surrogatepass")
    return tuple(raw.split(b"/")) if _PLAIN_NAME.fullmatch(raw) else None


@functools.lru_cache(maxsize=1024)
def forms(segment: str, kind: Kind) -> tuple[Path, ...]:
    """The places of a segment with `Escaping`."""
    raw = segment.encode("utf-8", "surrogatepass")
    if b"\0" in raw or raw in (b".", b".."):
        return ()
    found: list[Path] = [(raw,)] if _PLAIN_SEGMENT.fullmatch(raw) else []
    found.append(_text_escape(raw, kind))
    if raw:
        found.append(_hexadecimal_escape(raw, kind))
    return tuple(found)


def plain(segment: str) -> bytes | None:
    """A segment as one component under its own text, or None if it cannot be one."""
    raw = segment.encode("utf-8", "surrogatepass")
    return raw if _PLAIN_SEGMENT.fullmatch(raw) else None


def is_ours(component: bytes) -> bool:
    """Whether a file of this name is an unfinished write or a sidecar."""
    return component.startswith(MARK) and (is_temporary(component) or is_sidecar(component))


def is_temporary(component: bytes) -> bool:
    """Whether a file of this name is an unfinished write."""
    return TEMPORARY_NAME.fullmatch(component) is not None


def is_sidecar(component: bytes) -> bool:
    """Whether a file of this name holds another file's attributes."""
    return _SIDECAR.fullmatch(component) is not None


def sidecar_name(inode: int) -> bytes:
    """The file that holds the attributes of the file with this inode number."""
    return b"%%obs_s_%d" % inode


def inode_of_sidecar(component: bytes) -> int:
    """The inode number in a sidecar's name."""
    return int(component.rpartition(b"_")[2])


def is_piece(component: bytes) -> bool:
    """Whether a directory of this name holds the rest of a long segment."""
    return component.startswith((b"%obs_l_", b"%obs_xl_"))


def segment_of(form: Path, kind: Kind) -> str:
    """The segment that lives at a form with `Escaping`; raises `UnreadableName`."""
    try:
        raw = b"".join(_payload(component) for component in form)
    except ValueError as error:
        raise UnreadableName(_NO_ESCAPE) from error
    segment = _text(raw)
    if form not in forms(segment, kind):
        raise UnreadableName(_NO_ESCAPE)
    return segment


def logical_prefix(path: Path) -> str | None:
    """What the names of all objects in a directory start with; None if no name leads there."""
    text = ""
    start = 0
    for end, component in enumerate(path, 1):
        if is_piece(component):
            continue
        try:
            text += segment_of(path[start:end], "d") + "/"
        except UnreadableName:
            return None
        start = end
    return text + _partial(path[start:])


def _partial(pieces: Path) -> str:
    try:
        return b"".join(_payload(piece) for piece in pieces).decode("utf-8", "ignore")
    except ValueError:
        return ""


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise UnreadableName("its name is not UTF-8; rename it") from error


def _reason(segment: str) -> str:
    if segment in ("", ".", ".."):
        return "leads elsewhere" if segment else "is empty (the pattern '**/' is for marks of folders)"
    if segment.startswith(MARK.decode()):
        return "is reserved for this library's own files"
    return "has more than 255 bytes, or a NUL"


def _text_escape(raw: bytes, kind: Kind) -> Path:
    pieces = []
    while len(raw) > _PLAIN_ROOM:
        end = _PLAIN_ROOM
        while raw[end] & 0xC0 == 0x80:  # in the midst of a character
            end -= 1
        pieces.append(b"%obs_l_" + raw[:end])
        raw = raw[end:]
    return (*pieces, b"%obs_" + kind.encode() + b"_" + raw)


def _hexadecimal_escape(raw: bytes, kind: Kind) -> Path:
    pieces = []
    while len(raw) > _HEX_ROOM:
        pieces.append(b"%obs_xl_" + raw[:_HEX_ROOM].hex().encode())
        raw = raw[_HEX_ROOM:]
    return (*pieces, b"%obs_x" + kind.encode() + b"_" + raw.hex().encode())


def _payload(component: bytes) -> bytes:
    if not component.startswith(MARK):
        return component
    parts = _ESCAPE.fullmatch(component)
    if parts is None:
        raise ValueError(component)
    return bytes.fromhex(parts[3].decode()) if parts[1] else parts[3]
