"""Letters about accounts, and accounts that nobody confirmed. Arguments never name a person."""

from datetime import UTC, datetime

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from privacy import contact_jobs, factor
from privacy.breaches import jobs as breach_jobs
from privacy.letters import ENROLMENT, Kind, account_letter, objection_letter
from privacy.models import DataSubject, User
from privacy.requests import jobs as request_jobs
from privacy.retention import jobs as retention_jobs
from privacy.rights import jobs as rights_jobs
from privacy.tokens import CONFIRM_LIFE
from privacy.unconfirmed import forget_unconfirmed

# Found with this module: the queue looks for modules of this name only.
__all__ = [
    "breach_jobs",
    "contact_jobs",
    "deliver",
    "forget_unconfirmed_accounts",
    "request_jobs",
    "retention_jobs",
    "rights_jobs",
    "send_account_letter",
    "send_objection_letter",
]

# A mail server that is away is asked again, for some hours; smtplib's errors are OSErrors too.
MAIL_RETRY = RetryStrategy(max_attempts=10, exponential_wait=3, retry_exceptions=[OSError])


@app.task(retry=MAIL_RETRY)
def send_account_letter(account: str, kind: str) -> None:
    """Send the letter that `kind` asks for; nothing when there is no such account.

    The link in it is made here, so that it never lies in the queue. A letter that goes out twice,
    after a worker was killed, holds two links that both end with the first use of one.
    """
    person = User.objects.filter(pk=account).first()
    if person is None or (Kind(kind) in ENROLMENT and not _may_enrol(person)):
        return
    account_letter(person, Kind(kind)).send()


@app.task(retry=MAIL_RETRY)
def send_objection_letter(person: str) -> None:
    """Confirm an objection to marketing (MK-02); nothing when the person left meanwhile."""
    found = DataSubject.objects.filter(pk=person).exclude(email="").first()
    if found is not None:
        objection_letter(found).send()


def _may_enrol(person: User) -> bool:
    """Not who left meanwhile, nor who enrolled with an earlier letter."""
    return person.is_staff and not (person.is_active and factor.is_asked(person))


@app.periodic(cron="29 * * * *")
@app.task(queueing_lock="forget_unconfirmed_accounts")
def forget_unconfirmed_accounts(timestamp: int) -> None:
    forget_unconfirmed(older_than=CONFIRM_LIFE, now=datetime.fromtimestamp(timestamp, UTC))


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="privacy_deliver")
def deliver(timestamp: int) -> None:
    """Letters about breaches, notices of a new policy and campaigns, as far as planned."""
    from privacy import sending

    sending.deliver()
