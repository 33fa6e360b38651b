from privacy.encryption import DataKey
from privacy.models.account import User
from privacy.models.accounting import FiscalYear, Invoice, InvoiceLine
from privacy.models.archive import Archive, ThirdPartyDecision
from privacy.models.authenticator import Authenticator
from privacy.models.breach import Breach, BreachEvent, BreachEventKind, BreachNotice, Risk
from privacy.models.contact import Complaint, ContactMessage, ContactReason, ContactReply
from privacy.models.handling import Approval, Correction, RecipientTask
from privacy.models.inbox import InboxMail
from privacy.models.letters import LetterKey, LetterTemplate
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
    LetterState,
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
    "Approval",
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
    "Correction",
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
    "LetterKey",
    "LetterState",
    "LetterTemplate",
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
    "RecipientTask",
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
    "Risk",
    "SecurityMeasure",
    "StaffToken",
    "Suppression",
    "ThirdPartyDecision",
    "User",
]
