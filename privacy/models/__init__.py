from privacy.encryption import DataKey
from privacy.models.account import User
from privacy.models.accounting import FiscalYear, Invoice, InvoiceLine
from privacy.models.archive import Archive
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

__all__ = [
    "Archive",
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
    "Disclosure",
    "FiscalYear",
    "Ground",
    "Invoice",
    "InvoiceLine",
    "LegalHold",
    "MarketingChoice",
    "Objection",
    "ObjectionKind",
    "Restriction",
    "Suppression",
    "User",
]
