from consent.models.acknowledgement import Acknowledgement
from consent.models.act import Act
from consent.models.anchor import Anchor
from consent.models.control import Control, CspHandled, CspReport, Unrecorded
from consent.models.counters import DayCount, Showing
from consent.models.picture import Picture
from consent.models.publication import Asset, Notice, Publication, Revision
from consent.models.record import AccountLink, Ended, EndsWritten, IdempotencyKey, Record
from consent.models.register import (
    BannerText,
    Browser,
    Category,
    Cookie,
    Fact,
    PolicyBlock,
    PresetRule,
    Service,
)
from consent.models.seal import Seal, Sealed, Verification

__all__ = [
    "Acknowledgement",
    "Act",
    "AccountLink",
    "Anchor",
    "Asset",
    "BannerText",
    "Browser",
    "Category",
    "Control",
    "Cookie",
    "CspHandled",
    "CspReport",
    "DayCount",
    "Ended",
    "EndsWritten",
    "Fact",
    "IdempotencyKey",
    "Notice",
    "Picture",
    "PolicyBlock",
    "PresetRule",
    "Publication",
    "Record",
    "Revision",
    "Seal",
    "Sealed",
    "Service",
    "Showing",
    "Unrecorded",
    "Verification",
]
