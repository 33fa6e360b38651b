"""Letters about accounts, and accounts that nobody confirmed. Arguments never name a person."""

from datetime import UTC, datetime

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from privacy import factor
from privacy.letters import ENROLMENT, Kind, account_letter
from privacy.models import User
from privacy.rights import jobs as rights_jobs  # noqa: F401 (its tasks)
from privacy.tokens import CONFIRM_LIFE
from privacy.unconfirmed import forget_unconfirmed

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


def _may_enrol(person: User) -> bool:
    """Not who left meanwhile, nor who enrolled with an earlier letter."""
    return person.is_staff and not (person.is_active and factor.is_asked(person))


@app.periodic(cron="29 * * * *")
@app.task(queueing_lock="forget_unconfirmed_accounts")
def forget_unconfirmed_accounts(timestamp: int) -> None:
    forget_unconfirmed(older_than=CONFIRM_LIFE, now=datetime.fromtimestamp(timestamp, UTC))
