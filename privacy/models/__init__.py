from privacy.encryption import DataKey
from privacy.models.account import User
from privacy.models.accounting import FiscalYear, Invoice, InvoiceLine
from privacy.models.authenticator import Authenticator
from privacy.models.contact import Complaint, ContactMessage, ContactReason, ContactReply
from privacy.models.marketing import (
    Campaign,
    CampaignDelivery,
    Channel,
    MarketingChoice,
    Objection,
    ObjectionKind,
    Suppression,
)
from privacy.models.person import DataSubject
from privacy.models.protection import Disclosure, Ground, LegalHold, Restriction
from privacy.models.request import (
    Direction,
    RefusalGround,
    RequestChannel,
    RequestEvent,
    RequestEventKind,
    RequestMessage,
    Right,
    RightsRequest,
    StaffToken,
)

__all__ = [
    "Authenticator",
    "Campaign",
    "CampaignDelivery",
    "Channel",
    "Complaint",
    "ContactMessage",
    "ContactReason",
    "ContactReply",
    "DataKey",
    "DataSubject",
    "Direction",
    "Disclosure",
    "FiscalYear",
    "Ground",
    "Invoice",
    "InvoiceLine",
    "LegalHold",
    "MarketingChoice",
    "Objection",
    "ObjectionKind",
    "RefusalGround",
    "RequestChannel",
    "RequestEvent",
    "RequestEventKind",
    "RequestMessage",
    "Restriction",
    "Right",
    "RightsRequest",
    "StaffToken",
    "Suppression",
    "User",
]
