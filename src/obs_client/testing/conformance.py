"""All topics together: the contract as a test class."""

from __future__ import annotations

from obs_client.testing.absence import AbsenceTests
from obs_client.testing.atomicity import AtomicityTests
from obs_client.testing.bad_input import BadInputTests
from obs_client.testing.beyond import BeyondTests
from obs_client.testing.capability import CapabilityTests
from obs_client.testing.cleaning import CleanupTests
from obs_client.testing.conditions import ConditionTests
from obs_client.testing.containers import ContainerTests
from obs_client.testing.copying import CopyingAttributeTests, CopyingTests
from obs_client.testing.deleting import DeletingTests
from obs_client.testing.file_readers import FileReaderTests
from obs_client.testing.file_writers import FileWriterTests
from obs_client.testing.listings import ListingTests, LongListingTests
from obs_client.testing.metadata import MetadataTests
from obs_client.testing.naming import NamingTests
from obs_client.testing.ranges import RangeTests
from obs_client.testing.sharing import SharingTests
from obs_client.testing.signed_urls import SignedUrlTests
from obs_client.testing.sizes import SizeTests
from obs_client.testing.streams import StreamTests


class Conformance(
    AbsenceTests,
    AtomicityTests,
    BadInputTests,
    BeyondTests,
    CapabilityTests,
    CleanupTests,
    ConditionTests,
    ContainerTests,
    CopyingAttributeTests,
    CopyingTests,
    DeletingTests,
    FileReaderTests,
    FileWriterTests,
    ListingTests,
    LongListingTests,
    MetadataTests,
    NamingTests,
    RangeTests,
    SharingTests,
    SignedUrlTests,
    SizeTests,
    StreamTests,
):
    """Every promise of `ObjectStorageClient`; combine it with `unittest.TestCase` and define `make_client`.

    See `ConformanceBase` for what can be set.
    """
