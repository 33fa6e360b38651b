"""Several workers on one campaign, each with a connection of its own."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from consent.enums import LANGUAGES
from privacy import campaigns, sending
from privacy.models import Campaign, CampaignDelivery
from tests import mailers
from tests.mailers import Server
from tests.writable import account, person, says


def test_mk_01_three_workers_send_each_letter_once(own_database: str, settings: Any) -> None:
    settings.MAILERS = mailers.MAILERS
    mailers.reset()
    texts = dict.fromkeys(LANGUAGES, "x")
    now = datetime.now(UTC)
    for number in range(30):
        says(person(f"p{number}@example.test"), at=now - timedelta(days=1))
    campaign = Campaign.objects.create(name="x", subject=texts, body=texts)
    campaigns.start(campaign=campaign, by=account(is_staff=True), now=now)
    counts = []

    def work() -> None:
        try:
            counts.append(sending.run(campaigns.MAILING))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    addresses = [letter.to[0] for letter in Server.got]
    assert len(addresses) == len(set(addresses)) == sum(counts) == 30
    assert set(CampaignDelivery.objects.values_list("state", flat=True)) == {"sent"}
    mailers.reset()
