from privacy.encryption import DataKey
from privacy.models.account import User
from privacy.models.accounting import FiscalYear, Invoice, InvoiceLine
from privacy.models.archive import Archive
from privacy.models.authenticator import Authenticator
from privacy.models.contact import Complaint, ContactMessage, ContactReason, ContactReply
from privacy.models.inbox import InboxMail
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
from privacy.models.request_file import FileType, IdentityDocument, RequestFile
from privacy.models.retention import AccountingApproval, ApprovedDocument, RetentionRun

__all__ = [
    "AccountingApproval",
    "ApprovedDocument",
    "Archive",
    "Authenticator",
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
    "FileType",
    "FiscalYear",
    "Ground",
    "IdentityDocument",
    "InboxMail",
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
    "RequestFile",
    "RequestMessage",
    "Restriction",
    "RetentionRule",
    "RetentionRun",
    "Right",
    "RightsRequest",
    "SecurityMeasure",
    "StaffToken",
    "Suppression",
    "User",
]
