"""Run one of Swift's background daemons once: `container-updater` or `object-expirer`."""

import sys
from importlib import import_module
from pathlib import Path

from .library import prepare

#: The configuration file, the module and the class of each daemon.
DAEMONS = {
    "container-updater": ("container-server.conf", "swift.container.updater", "ContainerUpdater"),
    "object-expirer": ("object-server.conf", "swift.obj.expirer", "ObjectExpirer"),
}


def main() -> None:
    """Run the daemon that the second argument names, with the configuration in the folder that the first one names."""
    etc, name = Path(sys.argv[1]), sys.argv[2]
    file, module, kind = DAEMONS[name]
    prepare(etc)
    configuration = import_module("swift.common.utils").readconf(str(etc / file), name)
    getattr(import_module(module), kind)(configuration).run_once()


if __name__ == "__main__":
    main()
