from consent.models.act import Act
from consent.models.control import Control, CspReport, Unrecorded
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
    "Act",
    "AccountLink",
    "Asset",
    "BannerText",
    "Browser",
    "Category",
    "Control",
    "Cookie",
    "CspReport",
    "Ended",
    "EndsWritten",
    "Fact",
    "IdempotencyKey",
    "Notice",
    "PolicyBlock",
    "PresetRule",
    "Publication",
    "Record",
    "Revision",
    "Seal",
    "Sealed",
    "Service",
    "Unrecorded",
    "Verification",
]
