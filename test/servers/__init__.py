"""Real servers on loopback for the tests, started and stopped by the test run.

    with start_swift(SwiftLimits(container_listing_limit=5)) as server:
        client = SwiftClient(server.storage_url, credentials=server.credentials)

Their packages are installed on first use into a virtual environment of their own. Whatever way the run ends, no
process and no file of a server stays behind. `python -m test.servers swift` starts one by hand.
"""

from .environment import servers_python
from .errors import ServerError
from .limits import SwiftLimits
from .running import (
    RADOSGW_PROGRAMS,
    Account,
    AzuriteServer,
    RunningServer,
    SwiftServer,
    missing_programs,
    start_azurite,
    start_fake_gcs,
    start_google,
    start_keystone,
    start_moto,
    start_radosgw,
    start_rclone,
    start_s3rver,
    start_seaweedfs,
    start_swift,
)

__all__ = [
    "RADOSGW_PROGRAMS",
    "Account",
    "AzuriteServer",
    "RunningServer",
    "ServerError",
    "SwiftLimits",
    "SwiftServer",
    "missing_programs",
    "servers_python",
    "start_azurite",
    "start_fake_gcs",
    "start_google",
    "start_keystone",
    "start_moto",
    "start_radosgw",
    "start_rclone",
    "start_s3rver",
    "start_seaweedfs",
    "start_swift",
]
