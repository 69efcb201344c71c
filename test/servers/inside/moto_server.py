"""The process of one moto server."""

import logging
import sys
from importlib import import_module

from .ports import HOST


def main() -> None:
    """Serve on the descriptor that the argument names."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # no line for each request
    moto = import_module("moto.server")
    application = moto.DomainDispatcherApplication(moto.create_backend_app)
    server = import_module("werkzeug.serving").make_server(
        HOST, 0, application, threaded=True, request_handler=moto.MotoRequestHandler, fd=int(sys.argv[1])
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
