"""The reference of the library, made from its docstrings: every public name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from importlib import import_module

from obs_client.cli.helping.names import modules, names

ABOUT = "Every public name of the library"

ASYNCHRONOUS = "obs_client.aio"
"""A module some of whose names are others than those of the same text elsewhere."""

PROPERTIES = (property, functools.cached_property)

SECTIONS = ("Args:", "Attributes:", "Raises:", "Returns:", "Yields:")

PRIMITIVES = "Backend"
"""The class whose underscore methods are shown: a store writes them."""

WIDTH = 100
"""Characters of a signature in one line."""


def text() -> str:
    """All names, in Markdown."""
    parts = [f"# The library\n\n{ABOUT}, made from its docstrings."]
    told: set[str] = set()
    for module in modules():
        new = [(name, value) for name, value in names(module) if name not in told or module == ASYNCHRONOUS]
        if new:
            parts += [f"## {module}", _plain(inspect.getdoc(import_module(module)) or "")]
            parts += [part for name, value in new for part in _entry(name, value)]
            told |= {name for name, _ in new}
    return "\n\n".join(part for part in parts if part) + "\n"


def of(name: str) -> str | None:
    """What the library says of a name, as `object_read` or `SyncOptions`; None if it has no such name."""
    for module in modules():
        parts = [part for shown, value in names(module) for part in _told_of(name, shown, value)]
        if parts:
            return "\n\n".join(parts) + "\n"
    return None


def _told_of(name: str, shown: str, value: object) -> Iterator[str]:
    """What a value with its name has to tell of a name: all, or one method."""
    if name == shown:
        yield from _entry(shown, value)
    elif inspect.isclass(value) and (method := name.removeprefix(f"{shown}.")) in dict(_methods(value)):
        yield from _entry(f"{shown}.{method}", getattr(value, method))


def _entry(name: str, value: object, mark: str = "###") -> Iterator[str]:
    """The heading of a name, its signature and docstring, and those of its methods."""
    yield f"{mark} `{name}`"
    if isinstance(value, (str, int, float)):
        yield f"```python\n{name} = {value!r}\n```"
    if isinstance(value, PROPERTIES):
        yield _plain(inspect.getdoc(value) or "")
    elif inspect.isclass(value) or inspect.isroutine(value):
        yield from filter(None, (_signature(name, value), _plain(inspect.getdoc(value) or "")))
    if getattr(value, "__isabstractmethod__", False):
        yield "Every store defines it."
    if inspect.isclass(value):
        for method, function in _methods(value):
            yield from _entry(f"{name}.{method}", function, "####")


def _methods(kind: type) -> Iterator[tuple[str, object]]:
    """The public methods and properties that a class adds to those of its bases that are shown themselves."""
    hidden = [base for base in kind.__mro__[1:] if base.__module__.startswith("obs_client") and base not in _shown()]
    found = {name: value for base in (*reversed(hidden), kind) for name, value in vars(base).items()}
    for name, value in sorted(found.items()):
        hidden_name = name.startswith("__" if kind.__name__ == PRIMITIVES else "_")
        if not hidden_name and (inspect.isroutine(value) or isinstance(value, PROPERTIES)):
            yield name, getattr(kind, name)


@functools.cache
def _shown() -> list[object]:
    return [value for module in modules() for _, value in names(module) if inspect.isclass(value)]


class _Written(str):
    """An annotation that is shown as it is written."""

    __slots__ = ()
    __repr__ = str.__str__


def _signature(name: str, value: Callable[..., object]) -> str:
    if inspect.isclass(value) and issubclass(value, BaseException):
        return ""
    called = ("async " if inspect.iscoroutinefunction(value) else "") + name.rpartition(".")[2]
    try:
        signature = inspect.signature(value)
    except ValueError:  # it is made in C, without one
        return ""
    kept = [_as_written(each) for each in signature.parameters.values() if each.name != "self"]
    returned = signature.return_annotation
    result = "" if inspect.isclass(value) or returned is inspect.Signature.empty else f" -> {returned}"
    line = f"{called}{signature.replace(parameters=kept, return_annotation=inspect.Signature.empty)}{result}"
    return f"```python\n{line if len(line) <= WIDTH else _over_lines(called, kept, result)}\n```"


def _over_lines(called: str, kept: list[inspect.Parameter], result: str) -> str:
    """A long signature, one parameter a line."""
    lines = []
    for number, each in enumerate(kept):
        if each.kind is each.KEYWORD_ONLY and (not number or kept[number - 1].kind is not each.kind):
            lines.append("    *,")
        lines.append(f"    {each},")
    return "\n".join((f"{called}(", *lines, f"){result}"))


def _as_written(parameter: inspect.Parameter) -> inspect.Parameter:
    if isinstance(parameter.annotation, str):
        parameter = parameter.replace(annotation=_Written(parameter.annotation))
    if " object at 0x" in repr(parameter.default):
        parameter = parameter.replace(default=_Written(f"{type(parameter.default).__name__}()"))
    return parameter


def _plain(docstring: str) -> str:
    """A docstring as Markdown: its sections are lists."""
    lines: list[str] = []
    section = False
    for line in docstring.splitlines():
        if line in SECTIONS:
            section = True
            lines += [f"**{line[:-1]}**", ""]
        elif section and line.startswith("     "):
            lines[-1] += f" {line.strip()}"
        elif section and line.startswith("    "):
            lines.append(f"- {line.strip()}")
        else:
            section = section and not line
            lines.append(line)
    return "\n".join(lines)
