"""Where an object is, and where a new one goes: names meet the state of the directories."""

from __future__ import annotations

import dataclasses
import os

from obs_client.backends.local import names as local_names
from obs_client.backends.local.names import Path
from obs_client.backends.local.tree import State, Tree
from obs_client.errors import ConflictError


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A file, and its status when it was found."""

    path: Path
    status: os.stat_result


@dataclasses.dataclass(frozen=True, slots=True)
class Survey:
    """All that is at an object's possible paths.

    Attributes:
        places: The files that are read under the name, the one that wins first.
        free: The preferred path of a new file, if nothing has to be made for it.
        obstacle: What stands at the path that would be preferred, and is neither file nor directory.
    """

    places: list[Place]
    free: Path | None
    obstacle: Path | None


def first_place(tree: Tree, name: str) -> Place | None:
    """The file that is read under a name."""
    path = _plain_path(name)
    if path is not None:
        state, status = tree.look(path)
        if state is State.FILE and status is not None:
            return Place(path, status)
    places = survey(tree, name).places
    return places[0] if places else None


def survey(tree: Tree, name: str) -> Survey:
    """All files of a name, and where a new one goes. Folders may be spread over a plain and an escaped directory."""
    segments = name.split("/")
    last = len(segments) - 1
    places: list[Place] = []
    home: tuple[Path | None, Path | None] | None = None
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
    for form in local_names.forms(segment, "d"):
        # The escapes are nearly always absent, and then one look at their first component will do.
        if (not found or tree.holds(base, form[0])) and is_directory(tree, base + form):
            found.append(base + form)
    return found


def make_home(tree: Tree, name: str, made: list[Path]) -> Path:
    """The path of a new file, its directories made; those are added to `made`, also if this fails.

    Raises:
        ConflictError: Something that is neither file nor directory is in the way.
        FileNotFoundError: Somebody removed a directory meanwhile; begin anew.
    """
    *parents, last = name.split("/")
    base: Path = ()
    for segment in parents:
        base = _make_folder(tree, base, segment, made)
    for form in local_names.forms(last, "f"):
        state, _ = tree.look_through(base, form)
        if state is State.OBSTACLE:
            raise obstructed(base + form)
        if state in (State.FILE, State.ABSENT):
            made += tree.make_directories(base, form[:-1])
            return base + form
    raise obstructed(base)


def obstructed(path: Path) -> ConflictError:
    """The error for a path where nothing may be written."""
    return ConflictError(
        f"{display(path)!r} is neither a file nor a directory (a symbolic link, FIFO, socket or device), and is not "
        f"replaced; remove or rename it"
    )


def display(path: Path) -> str:
    """A path below the container, for people."""
    return os.fsdecode(b"/".join(path))


def _plain_path(name: str) -> Path | None:
    components = []
    for segment in name.split("/"):
        component = local_names.plain(segment)
        if component is None:
            return None
        components.append(component)
    return tuple(components)


def _look_at_forms(tree: Tree, base: Path, segment: str, places: list[Place]) -> tuple[Path | None, Path | None]:
    free = obstacle = None
    for rank, form in enumerate(local_names.forms(segment, "f")):
        if rank and (free or obstacle) and not tree.holds(base, form[0]):
            continue
        state, status = tree.look_through(base, form)
        if state is State.FILE and status is not None:
            places.append(Place(base + form, status))
        elif free is None and obstacle is None:
            if state is State.ABSENT:
                free = base + form
            elif state is State.OBSTACLE:
                obstacle = base + form
    return free, obstacle


def is_directory(tree: Tree, path: Path) -> bool:
    """Whether there is a directory at a path."""
    try:
        tree.directory(path)
    except FileNotFoundError:
        return False
    return True


def _make_folder(tree: Tree, base: Path, segment: str, made: list[Path]) -> Path:
    existing = folders(tree, base, segment)
    if existing:
        return existing[0]
    for form in local_names.forms(segment, "d"):
        state, _ = tree.look_through(base, form)
        if state is State.OBSTACLE:
            raise obstructed(base + form)
        if state in (State.ABSENT, State.DIRECTORY):
            made += tree.make_directories(base, form)
            return base + form
    raise obstructed(base)
