"""The timeline of a breach: each step in the transaction of its act, chained by hashes."""

from privacy.chain import Chain
from privacy.models import BreachEvent

FORMAT = "clicknconnect/breach-timeline/1"
CHAIN = Chain(BreachEvent, "breach", FORMAT)
