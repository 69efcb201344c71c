"""Tries the changes of the modules that are named, and tells what no test saw."""

from __future__ import annotations

import sys
import time
import tomllib
from pathlib import Path

from test.mutating.parts import files_of
from test.mutating.trial import SEEN, Survivor, Trial

EQUAL = Path(__file__).parent / "equal.toml"


def main(arguments: list[str]) -> int:
    """Run the trials one after the other; 1 if any change was not seen."""
    again = "--again" in arguments
    modules = [module for given in arguments if not given.startswith("-") for module in files_of(given)]
    equal = equal_changes()
    scores: list[str] = []
    left = 0
    for module in modules:
        trial = Trial(module)
        if again:
            trial.forget()
        began = time.monotonic()
        status = trial.run()
        outcomes = trial.outcomes()
        if status and not outcomes:
            print(f"{module}: mutmut failed; see {trial.folder / 'log'}", flush=True)
            return status
        unseen = trial.survivors([name for name, outcome in outcomes.items() if outcome not in SEEN])
        survivors = [each for each in unseen if each not in equal]
        left += len(survivors)
        print("".join(map(shown, survivors)), end="", flush=True)
        counted = len(outcomes) - (len(unseen) - len(survivors))
        scores.append(score(module, counted, len(survivors), time.monotonic() - began))
        print(scores[-1], flush=True)
    if len(scores) > 1:
        print("\n".join(["", *scores]))
    return 1 if left else 0


def equal_changes() -> set[Survivor]:
    """Those that alter nothing, as they are listed."""
    listed = tomllib.loads(EQUAL.read_text())["change"]
    assert all(each["reason"] for each in listed)
    return {Survivor(each["module"], each["function"], each["old"], each["new"]) for each in listed}


def shown(survivor: Survivor) -> str:
    """A survivor, to read, and to put into the list of those that alter nothing."""
    lines = "".join(f"    {sign} {line}\n" for sign, text in zip("-+", survivor[2:], strict=True) for line in [text])
    return f"{survivor.module}: {survivor.function}\n{lines}"


def score(module: str, count: int, survivors: int, seconds: float) -> str:
    """One line of the table."""
    share = 100.0 if not count else 100.0 * (count - survivors) / count
    return f"{module:40} {count:5} changes, {survivors:4} not seen, {share:5.1f} %, {seconds:5.0f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
