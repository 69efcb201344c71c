"""`python -m obs_client` and the command `obs`."""

from __future__ import annotations

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command; without its packages say how to get them."""
    try:
        from obs_client.cli import obs
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit(f"obs: the package {error.name!r} is missing; install the extra: pip install 'obs_client[cli]'")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        # A name that the terminal's encoding lacks is shown escaped.
        sys.stdout.reconfigure(errors="backslashreplace")
    obs(prog_name="obs")


if __name__ == "__main__":
    main()
