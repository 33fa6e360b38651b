"""Which acts do what a request asks: they stand first on its page."""

from privacy.models import Right, RightsRequest

_DOES = {
    "prepare-copy": (Right.ACCESS, Right.PORTABILITY),
    "release": (Right.ACCESS, Right.PORTABILITY),
    "rectify": (Right.RECTIFICATION,),
    "erase": (Right.ERASURE,),
    "restrict": (Right.RESTRICTION,),
    "object": (Right.OBJECTION,),
    "withdraw": (Right.WITHDRAWAL,),
}
# Whatever is asked, the next step while it is one.
_NEXT = ("accept", "match", "receive-identity", "settle-letter")


def is_suggested(act: str, request: RightsRequest) -> bool:
    return act in _NEXT or any(right in request.rights for right in _DOES.get(act, ()))
