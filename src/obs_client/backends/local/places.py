"""Where an object is, and where a new one goes: names meet the state of the directories."""

from __future__ import annotations

import os
from typing import NamedTuple

from obs_client.backends.local.names import Path, path_of, plain_path
from obs_client.backends.local.tree import NotFollowed, State, Tree
from obs_client.errors import ConflictError


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
    return ConflictError(f"{display(path)!r} {state.value}, and is neither replaced nor followed; remove or rename it")


def display(path: Path) -> str:
    """A path below the container, for people."""
    return os.fsdecode(b"/".join(path))


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
