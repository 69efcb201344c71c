"""The conformance suite: `python -m test.tests [<storage-url> ...]`; without a URL, on the embedded stores."""

import sys

from obs_client.testing.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
