"""Make Swift's library ready in a process: its folder, its logs, its green threads."""

import logging
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


def prepare(etc: Path) -> None:
    """Point Swift at its configuration; to be called before any other of its modules is imported.

    Constraints and policies are read at import, from the folder that is set at that moment.
    """
    os.environ["TZ"] = "UTC+0"
    time.tzset()
    utilities = import_module("swift.common.utils")
    utilities.set_swift_dir(str(etc))
    utilities.validate_configuration()
    utilities.monkey_patch()
    # Logs go to the server's own file: the machine's system log is not ours to write to.
    vars(import_module("swift.common.utils.logs"))["ThreadSafeSysLogHandler"] = _log_handler
    # One event hub for all servers of this process, chosen before anything waits on another.
    import_module("eventlet.hubs").use_hub(utilities.get_hub())


def _log_handler(**_: Any) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    # Threads of the disk pool log too, and a lock of green threads could block them for ever.
    handler.lock = import_module("swift.common.utils.logs").NoopMutex()
    return handler
