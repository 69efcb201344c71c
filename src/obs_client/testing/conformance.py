"""All topics together: the contract as a test class."""

from __future__ import annotations

from obs_client.testing.contents.atomicity import AtomicityTests
from obs_client.testing.contents.file_readers import FileReaderTests
from obs_client.testing.contents.file_writers import FileWriterTests
from obs_client.testing.contents.observing import ObservingTests
from obs_client.testing.contents.ranges import RangeTests
from obs_client.testing.contents.resuming import ResumingTests
from obs_client.testing.contents.sharing import SharingTests
from obs_client.testing.contents.sizes import SizeTests
from obs_client.testing.contents.streams import StreamTests
from obs_client.testing.rules.absence import AbsenceTests
from obs_client.testing.rules.bad_input import BadInputTests
from obs_client.testing.rules.beyond import BeyondTests
from obs_client.testing.rules.capability import CapabilityTests
from obs_client.testing.rules.cleaning import CleanupTests
from obs_client.testing.rules.conditions import ConditionTests
from obs_client.testing.rules.containers import ContainerTests
from obs_client.testing.rules.copying import CopyingAttributeTests, CopyingTests
from obs_client.testing.rules.deleting import DeletingTests
from obs_client.testing.rules.listings import ListingTests, LongListingTests
from obs_client.testing.rules.metadata import MetadataTests
from obs_client.testing.rules.naming import NamingTests
from obs_client.testing.rules.signed_urls import SignedUrlTests


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
    ObservingTests,
    RangeTests,
    ResumingTests,
    SharingTests,
    SignedUrlTests,
    SizeTests,
    StreamTests,
):
    """Every promise of `ObjectStorageClient`; combine it with `unittest.TestCase` and define `make_client`.

    See `ConformanceBase` for what can be set.
    """
