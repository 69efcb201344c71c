"""Where an object is, where a new one goes, and which names a directory holds: names meet what is on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from obs_client.backends.local.names import (
    MARK,
    NAME_MAXIMUM,
    Kind,
    Path,
    UnreadableName,
    is_ours,
    is_sidecar,
    path_of,
    plain_path,
)
from obs_client.backends.local.tree import NotFollowed, State, Tree
from obs_client.errors import ConflictError, ServiceError

Skipped = Callable[[str, str], None]
"""Told of a name that is left out since no file is there, and why."""

Unlisted = Callable[[str, Exception], None]
"""Told of a folder, or of a file, that could not be listed, and why; the others are listed. What it raises goes out."""

Item = tuple[str, Path | None]
"""A segment, with a slash for a folder, and its path where that is not its own text in the directory that was scanned.
Plain tuples: there are millions of them."""

_MARK = MARK.decode()


class Place(NamedTuple):
    """A file, and its status when it was found."""

    path: Path
    status: os.stat_result


class Survey(NamedTuple):
    """All that is at an object's possible paths.

    Attributes:
        places: The files that are read under the name, the one that wins first.
        free: The preferred path of a new file, if nothing has to be made for it.
        obstacle: What stands at the path that would be preferred, and is neither replaced nor gone round.
    """

    places: list[Place]
    free: Path | None
    obstacle: ConflictError | None


def first_place(tree: Tree, name: str) -> Place | None:
    """The file that is read under a name."""
    path = plain_path(name)
    if path is not None:
        place = _place_at(tree, path)
        if place is not None or tree.names.one_place:
            return place
    places = survey(tree, name).places
    return places[0] if places else None


def survey(tree: Tree, name: str) -> Survey:
    """All files of a name, and where a new one goes. Folders may be spread over a plain and an escaped directory."""
    if tree.names.one_place:
        return _survey_of_one(tree, path_of(name))
    segments = name.split("/")
    last = len(segments) - 1
    places: list[Place] = []
    home: tuple[Path | None, ConflictError | None] | None = None
    left: list[tuple[Path, int]] = [((), 0)]
    while left:
        base, index = left.pop()
        if index < last:
            left.extend((folder, index + 1) for folder in reversed(folders(tree, base, segments[index])))
            continue
        found = _look_at_forms(tree, base, segments[index], places)
        home = home or found
    free, obstacle = home or (None, None)
    return Survey(places, free, obstacle)


def folders(tree: Tree, base: Path, segment: str) -> list[Path]:
    """The directories of a segment that exist, the preferred one first."""
    found: list[Path] = []
    for form in tree.names.forms(segment, "d"):
        # The escapes are nearly always absent, and then one look at their first component will do.
        if (not found or tree.holds(base, form[0])) and tree.is_directory(base + form):
            found.append(base + form)
    return found


def make_home(tree: Tree, name: str, made: list[Path]) -> Path:
    """The path of a new file, its directories made; those are added to `made`, also if this fails.

    Raises:
        ConflictError: Something is in the way that is neither replaced nor gone round.
        FileNotFoundError: Somebody removed a directory meanwhile; begin anew.
    """
    path = plain_path(name)
    if path and tree.is_directory(path[:-1]) and tree.look(path)[0] in (State.FILE, State.ABSENT):
        return path
    *parents, last = name.split("/")
    base: Path = ()
    for segment in parents:
        base = _make_folder(tree, base, segment, made)
    *others, final = tree.names.forms(last, "f")
    for form in (*others, final):
        state, _ = tree.look_through(base, form)
        if state in (State.FILE, State.ABSENT) or (state is State.LINK and tree.names.replaces_links):
            tree.make_directories(base, form[:-1], made)
            return base + form
        if state in (State.LINK, State.SPECIAL):
            raise obstructed(base + form, state)
    raise obstructed(base + final, state)


def obstructed(path: Path, state: State) -> ConflictError:
    """The error for a path where nothing may be written."""
    return ConflictError(f"{display(path)!r} {state.value}, and is not replaced and not followed; remove or rename it")


def display(path: Path) -> str:
    """A path below the container, for people."""
    return b"/".join(path).decode(errors="backslashreplace")


def unreadable(path: Path, reason: str) -> ServiceError:
    """The error for a file or directory that no object name leads to; the reason ends with what to do."""
    return ServiceError(f"no object name leads to the file '{display(path)}': {reason}")


def path_of_key(path: Path, key: str) -> Path:
    """The path of a key that is its own text in a directory."""
    return (*path, key.removesuffix("/").encode())


def refuse(_: str, error: Exception) -> None:
    """An `Unlisted` that leaves nothing out."""
    raise error


class Scan:
    """What one directory holds, as segments of names; the directories of long segments are looked into.

    Attributes:
        has_sidecars: Whether there were any, once all was read.
    """

    def __init__(self, tree: Tree, path: Path, skipped: Skipped, unlisted: Unlisted = refuse) -> None:
        self._unlisted = unlisted
        self.has_sidecars: bool = False
        self._tree = tree
        self._path = path
        self._skipped = skipped

    def items(self) -> Iterator[Item]:
        """The files and directories, in no order; our own files and what is no file are left out.

        Raises:
            ServiceError: No object name leads to one of them.
        """
        left: list[Path] = [()]
        while left:
            pieces = left.pop()
            for entry in self._tree.scan(self._path + pieces):
                name = entry.name
                if not pieces and name.isascii() and not name.startswith(_MARK):
                    if entry.is_file(follow_symlinks=False):
                        yield name, None
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        yield name + "/", None
                        continue
                form = (*pieces, os.fsencode(name))
                if len(form) <= NAME_MAXIMUM and self._is_piece(entry, form[-1]):
                    left.append(form)
                elif (item := self._listed(entry, form)) is not None:
                    yield item

    def _listed(self, entry: os.DirEntry[str], form: Path) -> Item | None:
        try:
            return self._odd(entry, form)
        except ServiceError as error:
            slash = "/" if entry.is_dir(follow_symlinks=False) else ""
            self._unlisted(form[-1].decode(errors="backslashreplace") + slash, error)
            return None

    def _is_piece(self, entry: os.DirEntry[str], component: bytes) -> bool:
        return self._tree.names.is_piece(component) and entry.is_dir(follow_symlinks=False)

    def _odd(self, entry: os.DirEntry[str], form: Path) -> Item | None:
        path = None if len(form) == 1 and not form[0].startswith(MARK) else self._path + form
        if entry.is_dir(follow_symlinks=False):
            return self._segment(form, "d") + "/", path
        if not entry.is_file(follow_symlinks=False):
            return self._behind_link(entry, form)
        if not is_ours(form[-1]):
            return self._segment(form, "f"), path
        self.has_sidecars |= is_sidecar(form[-1])
        return None

    def _behind_link(self, entry: os.DirEntry[str], form: Path) -> Item | None:
        try:
            if not entry.is_symlink():
                raise NotFollowed(State.SPECIAL.value)
            kind, path = self._tree.follow(self._path + form)
        except NotFollowed as reason:
            self._skipped(form[-1].decode(errors="replace"), str(reason))
            return None
        return self._segment(form, kind) + "/" * (kind == "d"), path

    def _segment(self, form: Path, kind: Kind) -> str:
        try:
            return self._tree.names.segment_of(form, kind)
        except UnreadableName as reason:
            raise unreadable(self._path + form, str(reason)) from None


def holds_object(tree: Tree, paths: list[Path]) -> bool:
    """Whether any object is in the directories, or below.

    Raises:
        OSError, ServiceError: None was found, and something could not be looked at.
    """
    left = list(paths)
    errors: list[Exception] = []
    seen: set[Path] = set()
    while left:
        path = left.pop()
        if tree.follows_links:
            if path in seen:
                continue
            seen.add(path)
        try:
            for key, place in Scan(tree, path, _ignore, lambda _, error: errors.append(error)).items():
                if not key.endswith("/"):
                    return True
                left.append(path_of_key(path, key) if place is None else place)
        except (OSError, ServiceError) as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return False


def _place_at(tree: Tree, path: Path) -> Place | None:
    try:
        real = tree.real_path(path)
    except (NotFollowed, FileNotFoundError):
        return None
    state, status = tree.look(real)
    return Place(real, status) if state is State.FILE and status is not None else None


def _survey_of_one(tree: Tree, path: Path) -> Survey:
    if not tree.is_directory(path[:-1]):
        return Survey([], None, None)
    state, status = tree.look(path)
    if state is State.FILE and status is not None:
        return Survey([Place(path, status)], None, None)
    if state is State.ABSENT or (state is State.LINK and tree.names.replaces_links):
        return Survey([], path, None)
    return Survey([], None, obstructed(path, state))


def _look_at_forms(
    tree: Tree, base: Path, segment: str, places: list[Place]
) -> tuple[Path | None, ConflictError | None]:
    free = obstacle = None
    for rank, form in enumerate(tree.names.forms(segment, "f")):
        if rank and (free or obstacle) and not tree.holds(base, form[0]):
            continue
        state, status = tree.look_through(base, form)
        if state is State.FILE and status is not None:
            places.append(Place(base + form, status))
        elif free is None and obstacle is None:
            if state is State.ABSENT or (state is State.LINK and tree.names.replaces_links):
                free = base + form
            elif state in (State.LINK, State.SPECIAL):
                obstacle = obstructed(base + form, state)
    return free, obstacle


def _make_folder(tree: Tree, base: Path, segment: str, made: list[Path]) -> Path:
    existing = folders(tree, base, segment)
    if existing:
        return existing[0]
    *others, final = tree.names.forms(segment, "d")
    for form in (*others, final):
        state, _ = tree.look_through(base, form)
        if state in (State.LINK, State.SPECIAL):
            raise obstructed(base + form, state)
        if state in (State.ABSENT, State.DIRECTORY):
            tree.make_directories(base, form, made)
            return base + form
    raise obstructed(base + final, state)


def _ignore(name: str, reason: str) -> None:
    """A `Skipped` for who does not ask."""
