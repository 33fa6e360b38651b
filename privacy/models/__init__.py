from privacy.encryption import DataKey
from privacy.models.account import User
from privacy.models.accounting import FiscalYear, Invoice, InvoiceLine
from privacy.models.archive import Archive
from privacy.models.authenticator import Authenticator
from privacy.models.breach import Breach, BreachEvent, BreachEventKind, BreachNotice, Risk
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
from privacy.models.notices import PolicyNotice
from privacy.models.person import DataSubject
from privacy.models.plans import (
    ErasureBatch,
    ErasureEvidence,
    ErasurePlan,
    PlannedPerson,
    Pseudonym,
)
from privacy.models.processing import (
    DataCategory,
    PeopleCategory,
    Processor,
    Purpose,
    Recipient,
    RetentionRule,
    SecurityMeasure,
)
from privacy.models.protection import Disclosure, DisclosureProposal, Ground, LegalHold, Restriction
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
from privacy.models.retention import AccountingApproval, ApprovedDocument, RetentionRun

__all__ = [
    "AccountingApproval",
    "ApprovedDocument",
    "Archive",
    "Authenticator",
    "Breach",
    "BreachEvent",
    "BreachEventKind",
    "BreachNotice",
    "Campaign",
    "CampaignDelivery",
    "Channel",
    "Complaint",
    "ContactMessage",
    "ContactReason",
    "ContactReply",
    "DataCategory",
    "DataKey",
    "DataSubject",
    "Direction",
    "Disclosure",
    "DisclosureProposal",
    "ErasureBatch",
    "ErasureEvidence",
    "ErasurePlan",
    "FiscalYear",
    "Ground",
    "Invoice",
    "InvoiceLine",
    "LegalHold",
    "MarketingChoice",
    "Objection",
    "ObjectionKind",
    "PeopleCategory",
    "PlannedPerson",
    "PolicyNotice",
    "Processor",
    "Pseudonym",
    "Purpose",
    "Recipient",
    "RefusalGround",
    "RequestChannel",
    "RequestEvent",
    "RequestEventKind",
    "RequestMessage",
    "Restriction",
    "RetentionRule",
    "RetentionRun",
    "Right",
    "RightsRequest",
    "Risk",
    "SecurityMeasure",
    "StaffToken",
    "Suppression",
    "User",
]
