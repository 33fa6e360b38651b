"""What this application's own tables hold about people."""

from privacy.models import (
    AccountingApproval,
    Approval,
    ApprovedDocument,
    Archive,
    Breach,
    BreachEvent,
    BreachNotice,
    Campaign,
    CampaignDelivery,
    Complaint,
    ContactMessage,
    ContactReason,
    ContactReply,
    Correction,
    DataCategory,
    DataKey,
    DataSubject,
    Disclosure,
    DisclosureProposal,
    ErasureBatch,
    ErasureEvidence,
    ErasurePlan,
    FiscalYear,
    IdentityDocument,
    InboxMail,
    Invoice,
    InvoiceLine,
    LegalHold,
    LetterTemplate,
    MarketingChoice,
    Objection,
    PeopleCategory,
    PlannedPerson,
    PolicyNotice,
    Processor,
    Pseudonym,
    Purpose,
    Recipient,
    RecipientTask,
    RequestEvent,
    RequestFile,
    RequestMessage,
    Restriction,
    RetentionRule,
    RetentionRun,
    RightsRequest,
    SecurityMeasure,
    StaffToken,
    Suppression,
    ThirdPartyDecision,
    User,
)
from privacy.sources.base import (
    KEY,
    LINK,
    NOW,
    AtEnd,
    Erase,
    NotPersonal,
    Personal,
    Source,
    ThirdParty,
)

STAFF = NotPersonal("the member of staff who acted, by key; emptied with their account")
WHEN = NotPersonal("a date of the handling")
# Generated columns: nothing can be written into them.
MADE = Personal(
    "name",
    provided=False,
    exported=False,
    erase=Erase.KEEP,
    reason="the database makes it from the name, and empties it with the name",
)
EVERY_PURPOSE = ("ii", "iii", "iv", "v", "vi", "vii")


class PersonData(Source):
    """Emptied when the account's time is over; the row leaves with the last accounting document."""

    model = DataSubject
    path = ""
    rule = "account"
    clock = "account_closed_on"
    purposes = (*EVERY_PURPOSE, "promotion", "marketing")
    at_end = AtEnd.ANONYMISE
    fields = {
        "id": KEY,
        "reference": NotPersonal("random; links what stays to nobody once the row is empty"),
        "account": LINK,
        "first_name": Personal("name"),
        "last_name": Personal("name"),
        "street": Personal("domicile"),
        "postal_code": Personal("domicile"),
        "city": Personal("domicile"),
        "country": Personal("domicile"),
        "email": Personal("email"),
        "phone": Personal("phone"),
        "iban": Personal("iban"),
        "vat_number": Personal("vat_number"),
        "language": Personal("other", erase=Erase.KEEP, reason="one of four"),
        "account_opened_on": Personal("other", provided=False),
        "account_closed_on": Personal("other", provided=False),
        "contract_started_on": Personal("other", provided=False),
        "contract_ended_on": Personal("other", provided=False),
        "last_contact_on": Personal("other", provided=False),
        "created_at": Personal(
            "other", provided=False, erase=Erase.KEEP, reason="tells a replay which row it was"
        ),
        "archived_at": WHEN,
        "anonymised_at": WHEN,
        "first_key": MADE,
        "last_key": MADE,
    }


class AccountData(Source):
    model = User
    path = "subject"
    rule = "account"
    clock = "subject__account_closed_on"
    purposes = ("ii",)
    fields = {
        "id": KEY,
        "password": Personal("credentials", exported=False),
        "last_login": Personal("other", provided=False),
        "is_superuser": NotPersonal("power of staff"),
        "email": Personal("email"),
        "name": Personal("name"),
        "language": Personal("other"),
        "is_active": Personal("other", provided=False),
        "is_staff": NotPersonal("power of staff"),
        "date_joined": Personal("other", provided=False),
        "terms_accepted_at": Personal("other"),
        "session_number": NotPersonal("a counter that ends sessions"),
    }


class AccountGroups(Source):
    model = User.groups.through
    path = "user__subject"
    apart = "which groups of staff an account is in; people who are no staff are in none"


class AccountPermissions(Source):
    model = User.user_permissions.through
    path = "user__subject"
    apart = "powers of staff; people who are no staff have none"


class InvoiceData(Source):
    """An accounting document: as printed, until its fiscal years are over (PF-61)."""

    model = Invoice
    path = "person"
    rule = "accounting"
    outlives = "an accounting document"
    clock = "issued_on"
    purposes = ("iv",)
    fields = {
        "id": KEY,
        "number": Personal("other", provided=False),
        "person": LINK,
        "issued_on": Personal("other", provided=False),
        "name": Personal("name"),
        "address": Personal("domicile"),
        "vat_number": Personal("vat_number"),
        "iban": Personal("iban"),
        "net": Personal("other", provided=False),
        "vat": Personal("other", provided=False),
    }


class InvoiceLineData(Source):
    model = InvoiceLine
    path = "invoice__person"
    rule = "accounting"
    outlives = "a line of an accounting document"
    clock = "invoice__issued_on"
    purposes = ("iii", "iv")
    fields = {
        "id": KEY,
        "invoice": LINK,
        "description": Personal("other", provided=False),
        "quantity": Personal("other", provided=False),
        "unit_price": Personal("other", provided=False),
        "vat_rate": Personal("other", provided=False),
    }


class FiscalYearData(Source):
    model = FiscalYear
    apart = "years of the company's accounts"


class ContactMessageData(Source):
    """The content leaves; reference, dates, topic and outcome stay as figures (§ 6.6)."""

    model = ContactMessage
    path = "person"
    rule = "contact"
    clock = "closed_at"
    purposes = ("i",)
    at_end = AtEnd.ANONYMISE
    still_open = {"closed_at": NOW, "outcome": "no_further_action"}
    fields = {
        "id": KEY,
        "reference": NotPersonal("random; leads to nobody once the row is empty"),
        "person": LINK,
        "name": Personal("name"),
        "email": Personal("email"),
        "phone": Personal("phone"),
        "topic": Personal("other", erase=Erase.KEEP, reason="one of a few, for figures"),
        "body": ThirdParty("other"),
        "language": Personal("other", erase=Erase.KEEP, reason="one of four, for figures"),
        "received_at": WHEN,
        "handler": STAFF,
        "last_staff_act_at": WHEN,
        "last_reply_at": WHEN,
        "last_answer_at": WHEN,
        "outcome": NotPersonal("one of a few, for figures"),
        "refiled_as": NotPersonal("one of a few, for figures"),
        "closed_at": WHEN,
        "purged_at": WHEN,
    }


class ContactReplyData(Source):
    model = ContactReply
    path = "message__person"
    rule = "contact"
    clock = "message__closed_at"
    purposes = ("i",)
    fields = {
        "id": KEY,
        "message": LINK,
        "author": STAFF,
        "body": ThirdParty("other"),
        "state": NotPersonal("how far the mail came"),
        "sent_at": Personal("other", provided=False),
    }


class ContactReasonData(Source):
    model = ContactReason
    path = "message__person"
    rule = "contact"
    clock = "message__closed_at"
    purposes = ("i",)
    fields = {
        "id": KEY,
        "message": LINK,
        "author": STAFF,
        "reason": ThirdParty("other"),
        "given_at": WHEN,
    }


class ComplaintData(Source):
    model = Complaint
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "reference": Personal("other", provided=False),
        "person": LINK,
        "subject": Personal("other"),
        "body": ThirdParty("other"),
        "third_parties": ThirdParty("other"),
        "received_on": Personal("other", provided=False),
        "answer": ThirdParty("other"),
        "closed_on": Personal("other", provided=False),
    }


class MarketingChoiceData(Source):
    model = MarketingChoice
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("marketing",)
    fields = {
        "id": KEY,
        "person": LINK,
        "channel": Personal("choices"),
        "given": Personal("choices"),
        "at": Personal("choices"),
        "source": Personal("choices", provided=False),
        "shown": NotPersonal("hash of a text of the site"),
    }


class ObjectionData(Source):
    model = Objection
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("promotion", "marketing")
    fields = {
        "id": KEY,
        "person": LINK,
        "kind": Personal("choices"),
        "at": Personal("choices"),
        "source": Personal("choices", provided=False),
        "ended_at": Personal("choices", provided=False),
        "ended_because": ThirdParty("other"),
    }


class SuppressionData(Source):
    model = Suppression
    apart = "keyed hashes: they answer « may this address be written to? » and give no address"


class CampaignData(Source):
    model = Campaign
    apart = "texts that are the same for everybody, and the member of staff who wrote them, by key"


class CampaignDeliveryData(Source):
    model = CampaignDelivery
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("marketing",)
    fields = {
        "id": KEY,
        "campaign": NotPersonal("which text"),
        "person": LINK,
        "state": Personal("other", provided=False),
        "at": Personal("other", provided=False),
    }


class PolicyNoticeData(Source):
    model = PolicyNotice
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("v",)
    fields = {
        "id": KEY,
        "publication": NotPersonal("which version"),
        "person": LINK,
        "state": Personal("other", provided=False),
        "at": Personal("other", provided=False),
    }


class RestrictionData(Source):
    model = Restriction
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "person": LINK,
        "ground": Personal("choices"),
        "reason": ThirdParty("other"),
        "placed_at": Personal("other", provided=False),
        "placed_by": STAFF,
        "told_at": Personal("other", provided=False),
        "lifted_at": Personal("other", provided=False),
        "lifted_by": STAFF,
    }


class LegalHoldData(Source):
    model = LegalHold
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "person": LINK,
        "source": NotPersonal("name of a table"),
        "record": NotPersonal("random key of a record"),
        "reason": ThirdParty("other"),
        "placed_at": Personal("other", provided=False),
        "placed_by": STAFF,
        "review_on": WHEN,
        "released_at": WHEN,
    }


class DisclosureData(Source):
    model = Disclosure
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "person": LINK,
        "recipient": Personal("other", provided=False),
        "recipient_name": ThirdParty("other"),
        "purpose": Personal("other", provided=False),
        "categories": Personal("other", provided=False),
        "at": Personal("other", provided=False),
        "by": STAFF,
        "approved_by": STAFF,
        "balancing": ThirdParty("other"),
    }


class DisclosureProposalData(Source):
    model = DisclosureProposal
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "person": LINK,
        "recipient_name": ThirdParty("other"),
        "purpose": Personal("other", provided=False),
        "categories": Personal("other", provided=False),
        "balancing": ThirdParty("other"),
        "proposed_at": Personal("other", provided=False),
        "proposed_by": STAFF,
    }


class DataKeyData(Source):
    model = DataKey
    apart = "encrypted keys of this site"


for _draft in (
    DataCategory, PeopleCategory, Processor, Purpose, Recipient, RetentionRule, SecurityMeasure,
):  # fmt: skip
    type(f"{_draft.__name__}Data", (Source,), {"model": _draft, "apart": "the register's draft"})


class RetentionRunData(Source):
    model = RetentionRun
    apart = "counts, rules and hashes: evidence that says nothing about anybody"


class AccountingApprovalData(Source):
    model = AccountingApproval
    apart = "counts, dates and a hash of random keys; members of staff by key"


class ApprovedDocumentData(Source):
    model = ApprovedDocument
    apart = "random keys of documents; they lead nowhere once the documents have gone"


class ErasureEvidenceData(Source):
    model = ErasureEvidence
    apart = "names of tables and counts, under a random number for each person and run"


class ErasureBatchData(Source):
    model = ErasureBatch
    apart = "when a batch ran, and under which rule"


class ErasurePlanData(Source):
    model = ErasurePlan
    apart = "counts and hashes, and the member of staff who approved, by key"


class PseudonymData(Source):
    """Leaves with the person's row."""

    model = Pseudonym
    path = "person"
    fields = {
        "pseudonym": KEY,
        "run": NotPersonal("random"),
        "person": LINK,
    }


class PlannedPersonData(Source):
    """Leaves with the person's row."""

    model = PlannedPerson
    path = "person"
    fields = {
        "id": KEY,
        "plan": LINK,
        "person": LINK,
        "fingerprint": NotPersonal("a hash of random keys"),
        "outcome": NotPersonal("one of three"),
    }


class RightsRequestData(Source):
    """Its clock starts when a person of the staff ends it, refused and failed ones too; one that
    nobody ever confirmed, when it came. The row stays, empty, for the figures and the chain."""

    model = RightsRequest
    path = "person"
    rule = "request_files"
    outlives = "the file of a request, which shows that it was answered"
    clock = "ended_at"
    purposes = ("vii",)
    at_end = AtEnd.ANONYMISE
    fields = {
        "id": KEY,
        "reference": Personal(
            "other",
            provided=False,
            erase=Erase.KEEP,
            reason="random, and never changes; leads to nobody once the row is empty",
        ),
        "pseudonym": NotPersonal("random; what the timeline is called by"),
        "rights": Personal("other", erase=Erase.KEEP, reason="some of eight, for figures"),
        "channel": Personal(
            "other", provided=False, erase=Erase.KEEP, reason="one of five, for figures"
        ),
        "name": Personal("name"),
        "email": Personal("email"),
        "message": ThirdParty("other"),
        "language": Personal("other", erase=Erase.KEEP, reason="one of four"),
        "person": LINK,
        "account": LINK,
        "status": Personal("other", provided=False, erase=Erase.KEEP, reason="one of eight"),
        "received_at": WHEN,
        "received_on": WHEN,
        "legal_due_on": WHEN,
        "policy_limit_on": WHEN,
        "target_on": WHEN,
        "extended_due_on": WHEN,
        "extension_reason": ThirdParty("other"),
        "extension_told_at": WHEN,
        "identity_asked_on": WHEN,
        "identity_reason": ThirdParty("other"),
        "identity_came_on": WHEN,
        "followed_up_at": WHEN,
        "deemed_refused_at": WHEN,
        "alerts_given": NotPersonal("names of reminders to staff"),
        "handler": STAFF,
        "confirmed_at": WHEN,
        "code_hash": NotPersonal("a keyed hash of a random code"),
        "link_number": NotPersonal("a counter that ends links"),
        "sending": NotPersonal("a keyed hash that tells one click from two"),
        "refusal_ground": Personal(
            "other", provided=False, erase=Erase.KEEP, reason="one of seven, for figures"
        ),
        "refusal_reason": ThirdParty("other"),
        "refusal_evidence": ThirdParty("other"),
        "decided_by": STAFF,
        "ended_at": WHEN,
        "late_reason": ThirdParty("other"),
        "content_erased_at": WHEN,
        "represented_by": Personal("other"),
        "represented_name": ThirdParty("name"),
    }


class RequestFileData(Source):
    """The file opens only with the row's key: both go together."""

    model = RequestFile
    path = "request__person"
    rule = "request_files"
    outlives = "a document in the file of a request"
    clock = "request__ended_at"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "request": LINK,
        "kind": Personal("other", provided=False),
        "name": Personal("other"),
        "type": NotPersonal("one of five types"),
        "size": NotPersonal("a number of bytes"),
        "sha256": Personal("other", provided=False),
        "stored": NotPersonal("random"),
        "key": NotPersonal("encrypted key of a file of this site"),
        "added_at": WHEN,
    }


class IdentityDocumentData(Source):
    """Never part of a copy; it is destroyed when the identity is decided upon."""

    model = IdentityDocument
    path = "request__person"
    rule = "request_files"
    clock = "request__ended_at"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "request": LINK,
        "type": Personal("other", exported=False),
        "stored": NotPersonal("random"),
        "key": NotPersonal("encrypted key of a file of this site"),
        "added_at": Personal("other", provided=False, exported=False),
    }


class InboxMailData(Source):
    model = InboxMail
    apart = "hashes of mails and what became of them; what they say stands in their requests"


class RequestMessageData(Source):
    model = RequestMessage
    path = "request__person"
    rule = "request_files"
    outlives = "a message in the file of a request"
    clock = "request__ended_at"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "request": LINK,
        "direction": NotPersonal("to or from the person"),
        "author": STAFF,
        "subject": ThirdParty("other"),
        "body": ThirdParty("other"),
        "written_at": WHEN,
        "mailed_at": WHEN,
        "posted_at": WHEN,
        "state": NotPersonal("whether the mail server took it"),
        "is_acknowledgement": NotPersonal("which letter it is"),
    }


class ApprovalData(Source):
    model = Approval
    path = "request__person"
    rule = "request_files"
    outlives = "what two people decided about a request"
    clock = "request__ended_at"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "request": LINK,
        "act": NotPersonal("name of an act"),
        "data": ThirdParty("other"),
        "state": NotPersonal("one of five"),
        "proposed_by": STAFF,
        "proposed_at": WHEN,
        "decided_by": STAFF,
        "decided_at": WHEN,
    }


class RecipientTaskData(Source):
    model = RecipientTask
    path = "request__person"
    rule = "request_files"
    outlives = "who was told of what a request changed"
    clock = "request__ended_at"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "request": LINK,
        "recipient": Personal("other", provided=False),
        "recipient_name": ThirdParty("other"),
        "why": Personal("other", provided=False),
        "due_on": WHEN,
        "told_at": Personal("other", provided=False),
        "told_by": STAFF,
        "how": ThirdParty("other"),
    }


class CorrectionData(Source):
    """Old and new values; they go with the person, before the file of the request does."""

    model = Correction
    path = "request__person"
    rule = "request_files"
    clock = "request__ended_at"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "request": LINK,
        "field": Personal("other", provided=False),
        "old": Personal("other", provided=False),
        "new": Personal("other"),
        "state": Personal("other", provided=False),
        "proposed_at": WHEN,
        "decided_at": WHEN,
        "decided_by": STAFF,
        "reason": ThirdParty("other"),
    }


class RequestEventData(Source):
    model = RequestEvent
    apart = "a chain of steps under a random pseudonym; names of acts, dates and hashes"


class StaffTokenData(Source):
    model = StaffToken
    apart = "hashes of keys of staff"


class ArchiveData(Source):
    """The file opens only with the row's key: both go together."""

    model = Archive
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("ii",)
    fields = {
        "id": KEY,
        "person": LINK,
        "request": LINK,
        "prepared_by": STAFF,
        "released_by": STAFF,
        "released_at": WHEN,
        "kind": Personal("other", provided=False),
        "state": Personal("other", provided=False),
        "language": NotPersonal("one of four"),
        "created_at": Personal("other", provided=False),
        "ready_at": WHEN,
        "expires_at": WHEN,
        "downloads": Personal("other", provided=False),
        "percent": NotPersonal("how far a job has come"),
        "size": NotPersonal("a number of bytes"),
        "name": NotPersonal("random"),
        "key": NotPersonal("encrypted key of a file of this site"),
    }


class BreachData(Source):
    model = Breach
    apart = "what happened, in kinds and counts; staff are told on the page to name nobody"


class BreachEventData(Source):
    model = BreachEvent
    apart = "a chain of steps; names of acts and fields, dates, counts and hashes"


class BreachNoticeData(Source):
    """That the person was told of a breach (art. 34)."""

    model = BreachNotice
    path = "person"
    rule = "account"
    clock = "person__account_closed_on"
    purposes = ("vii",)
    fields = {
        "id": KEY,
        "breach": NotPersonal("which breach"),
        "person": LINK,
        "state": Personal("other", provided=False),
        "at": Personal("other", provided=False),
    }


class ThirdPartyDecisionData(Source):
    """What stands instead of a text in a copy; it goes with the copy."""

    model = ThirdPartyDecision
    path = "archive__person"
    rule = "account"
    clock = "archive__person__account_closed_on"
    purposes = ("ii",)
    fields = {
        "id": KEY,
        "archive": LINK,
        "source": NotPersonal("the name of a table"),
        "row": NotPersonal("the key of a row"),
        "field": NotPersonal("the name of a column"),
        "value_hash": NotPersonal("a keyed hash that tells whether a text changed"),
        "masked": NotPersonal("yes or no"),
        "reason": Personal("other", provided=False),
        "by": STAFF,
        "at": WHEN,
    }


class LetterTemplateData(Source):
    model = LetterTemplate
    apart = "words of letters with gaps; names nobody"
