"""What all commands share: how much is said, and where it is said; stdout is for results, stderr for the rest.

What only some commands need is imported where it is used: each module costs a short command milliseconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import IO

import click

from obs_client import errors
from obs_client.cli.failures import Declined, Failure, WrongUse, as_written, without_query_secrets, without_secrets
from obs_client.cli.telling.waiting import waiting
from obs_client.cli.text import printable

Progress = Callable[[int], object]


@dataclasses.dataclass
class Settings:
    """The shared state of one run of `obs`.

    Attributes:
        quiet, verbose, debug: How much is said on stderr.
        json: Results are JSON, one value a line.
        yes: Nothing is asked.
        retries: Tries of a request after the first; None: as the store's URL says.
        timeout: Seconds to wait for a server that says nothing; None: as the store's URL says.
        limit_rate, limit_requests: Bytes and requests a second to each store; None: any number.
        progress_as: How progress is shown: `json`, `plain` or `none`; None: a bar, on a terminal.
        go_on: What to do after a stop.
        counted: Of several names, which one it is; their bars do not stay on the screen.
        confirmed: A question was answered with yes.
        drawing: A bar is on the screen.
        write_line: Writes a line to stderr, above a bar if there is one.
        mark: Writes a few words beside a bar; None: there is none.
    """

    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    json: bool = False
    yes: bool = False
    retries: int | None = None
    timeout: int | None = None
    limit_rate: int | None = None
    limit_requests: float | None = None
    progress_as: str | None = None
    go_on: str = "nothing is half-done; run the same command again to do it"
    counted: str = ""
    confirmed: bool = False
    drawing: bool = False
    write_line: Callable[[str], object] = dataclasses.field(default=lambda line: _write_line(line))
    mark: Callable[[str], object] | None = None

    def switch_on(self, attribute: str) -> None:
        """Set one of the flags."""
        setattr(self, attribute, True)
        if self.debug:
            import logging

            logging.getLogger("obs_client").setLevel(logging.DEBUG)

    def result(self, record: Mapping[str, object], text: str) -> None:
        """A result on stdout: the record for programs, or the text, whose names the caller made printable."""
        if not self.json and not text:
            return
        if sys.stdout is None:
            raise Failure("stdout is closed")
        waiting.settle()
        # Not by `click.echo`, which flushes each line: listings are long.
        sys.stdout.write((_json(record) if self.json else text) + "\n")

    def summary(self, record: Mapping[str, object], text: str) -> None:
        """What a command did in all, as a result; for people not with `--quiet`."""
        self.result(record, "" if self.quiet else text)

    def found(self, record: Mapping[str, object], text: str) -> None:
        """A result that comes while a bar may be drawn: on the same screen it goes above the bar."""
        if self.drawing and not self.json and sys.stdout.isatty():
            if text:
                self.write_line(text)
        else:
            self.result(record, text)
            flush()

    def say(self, text: str) -> None:
        """A line on stderr, whatever was wished: what failed. Give foreign texts in it by `without_secrets`."""
        self.write_line(printable(f"obs: {as_written(without_query_secrets(text))}"))

    def fail(self, name: str, reason: object) -> None:
        """Say why a name failed, whatever was wished."""
        self.say(f"{name}: {without_secrets(str(reason))}")
        self._show_traceback(reason)

    def fail_all(self, failures: Mapping[str, object]) -> None:
        """Say why names failed: of many the first ones, and how many failed for which reason."""
        from obs_client.cli.many.reasons import brief

        for line in brief(failures.items(), whole=self.verbose or self.debug):
            self.say(line)
        for reason in failures.values():
            self._show_traceback(reason)

    def warn(self, text: str) -> None:
        """Say what went not as wished, unless `--quiet`."""
        if not self.quiet:
            self.say(text)

    def note(self, text: str) -> None:
        """Say what was done, if `--verbose`."""
        if self.verbose or self.debug:
            self.say(text)

    def did(self, what: str, text: str, **record: object) -> None:
        """Tell what was done: programs by a line of `--json`, people if `--verbose`."""
        self.note(text)
        self.found({"type": what, **record}, "")

    def show_details(self, error: Exception) -> None:
        """Say what the one line of a failure leaves out: each name's reason, and with `--debug` where it comes from."""
        if isinstance(error, errors.PartialFailureError):
            self.fail_all(error.failures)
        self._show_traceback(error)

    def show_cause(self, end: BaseException) -> None:
        """With `--debug` show where a failure comes from that was put into words already."""
        self._show_traceback(end.__cause__ or (end if isinstance(end, Failure) else None))

    def _show_traceback(self, error: object) -> None:
        """With `--debug` show where an error comes from."""
        if not self.debug or not isinstance(error, BaseException):
            return
        import traceback

        for line in without_secrets("".join(traceback.format_exception(error))).splitlines():
            self.write_line(printable(line))

    @property
    def counts_tries(self) -> bool:
        """Whether the tries that fail are counted in one line: on a terminal, unless more is wished, or nothing."""
        loud = self.quiet or self.verbose or self.debug or self.progress_as is not None
        return not loud and sys.stderr is not None and sys.stderr.isatty()

    def show_waiting(self, last: str) -> None:
        """Show how many tries have failed: beside the bar, or in a line of their own with what failed."""
        if self.mark:
            self.mark(waiting.counted())
        else:
            waiting.show(printable(last))

    def confirm(self, question: str) -> None:
        """Ask before something that cannot be undone; raises unless the answer is yes."""
        if self.yes:
            return
        if sys.stdin is None or not sys.stdin.isatty():
            raise WrongUse(f"{question} Refused: there is no terminal to ask on", "--yes does not ask")
        undone = "nothing more was done" if self.confirmed else "nothing was done"
        go_on, self.go_on = self.go_on, undone
        waiting.settle()
        click.echo(printable(f"{question} [y/N] "), err=True, nl=False)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Declined(f"{undone}: the answer was not yes")
        self.go_on, self.confirmed = go_on, True

    @property
    def shows_progress(self) -> bool:
        """Whether progress is shown: on a terminal by bars, else only where `--progress` asks for it."""
        if self.quiet or sys.stderr is None or self.progress_as == "none":
            return False
        if self.progress_as is not None:
            return True
        if not sys.stderr.isatty():
            return False
        # Lines for programs would run into a bar on the same screen.
        return not (self.json and sys.stdout is not None and sys.stdout.isatty())

    @contextlib.contextmanager
    def progress(
        self, label: str, total: Callable[[], int | None], *, stays: bool = True, unit: str = ""
    ) -> Iterator[Progress | None]:
        """A bar to be told of bytes moved, or None where none is drawn; `total` is asked only if it is.

        Args:
            stays: The bar is left on the screen at the end.
            unit: What is counted in place of bytes.
        """
        if not self.shows_progress:
            yield None
            return
        if self.progress_as is not None:
            from obs_client.cli.telling.progress import Lines

            lines = Lines(self.progress_as, label, total(), unit, self.write_line)
            yield lines.advance
            if stays:
                lines.write(ended=True)
            return
        from obs_client.cli.bars import bar

        plain = self.write_line
        waiting.settle()
        try:
            with bar(self.counted + printable(label), total(), stays and not self.counted, unit) as drawn:
                self.write_line, self.drawing, self.mark = drawn.write_line, True, drawn.mark
                yield drawn.advance
        finally:
            self.write_line, self.drawing, self.mark = plain, False, None


def stdout() -> IO[bytes]:
    """The binary stdout, with nothing waiting in the text one before it."""
    if sys.stdout is None:
        raise Failure("stdout is closed")
    waiting.settle()
    sys.stdout.flush()
    return sys.stdout.buffer


def flush() -> None:
    """Let out what was written to stdout so far."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _write_line(line: str) -> None:
    waiting.settle()
    click.echo(line, err=True)


def _json(record: Mapping[str, object]) -> str:
    import json

    return json.dumps(record)
