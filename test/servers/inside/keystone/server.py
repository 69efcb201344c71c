"""The process of one Keystone: makes its database, then serves."""

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path

from ..dying import die_with
from ..ports import HOST
from .users import ADMIN_PASSWORD, REGION


def main() -> None:
    """Serve; the arguments are the configuration file, the listening descriptor and the URL to publish."""
    configuration, descriptor, url = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    del sys.argv[1:]  # Keystone would read them as its own
    import_module("keystone.cmd.cli")
    _manage(configuration, "db_sync")
    _manage(configuration, "bootstrap", "--bootstrap-password", ADMIN_PASSWORD, *_endpoints(url))
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = str(configuration)
    application = import_module("keystone.server.wsgi").initialize_public_application()
    serving = import_module("werkzeug.serving")
    serving.make_server(HOST, 0, application, threaded=True, fd=descriptor).serve_forever()


def _endpoints(url: str) -> list[str]:
    kinds = [item for kind in ("public", "internal", "admin") for item in (f"--bootstrap-{kind}-url", url)]
    return ["--bootstrap-region-id", REGION, *kinds]


def _manage(configuration: Path, *command: str) -> None:
    """Run one command of `keystone-manage` in a fork: it changes global state, but needs no second import of it all."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _run_and_exit(parent, ["keystone-manage", "--config-file", str(configuration), *command])
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise SystemExit(f"keystone-manage {command[0]} failed")


def _run_and_exit(parent: int, command: list[str]) -> None:
    status = 1
    try:
        die_with(parent)()
        import_module("keystone.cmd.cli").main(command)
        status = 0
    finally:
        if status:
            traceback.print_exc()  # nothing else would: the fork ends here, without a way up through its parent's code
        os._exit(status)


if __name__ == "__main__":
    main()
