"""What a store can and cannot: measured by trials in a container and prefix of their own, which leave nothing.

    from obs_client import S3Client, probe

    profile = probe(S3Client(endpoint_url="https://s3.example.com"), "photos")
    for finding in profile.findings:
        print(finding.topic, finding.name, finding.outcome, finding.detail)

One module for each topic; a topic yields findings, each of which holds, does not hold, or cannot be told.
"""

from __future__ import annotations

from obs_client.probing.bounds import Bounds
from obs_client.probing.profile import Finding, StoreProfile, read_profile
from obs_client.probing.run import probe

__all__ = ["Bounds", "Finding", "StoreProfile", "probe", "read_profile"]
