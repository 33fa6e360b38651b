"""The shapes of the API of requests, for its schema."""

from rest_framework import serializers

from consent.enums import LANGUAGES
from privacy.models import RequestChannel, Right
from privacy.models.request import ENTERED, RepresentedBy
from privacy.requests.states import Status

ENTERED_CHANNELS = [channel.value for channel in ENTERED]


class RequestIn(serializers.Serializer[None]):
    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=Right.choices), min_length=1, max_length=20
    )
    email = serializers.EmailField(required=False, help_text="Not needed when logged in.")
    name = serializers.CharField(required=False, max_length=150)
    language = serializers.ChoiceField(choices=LANGUAGES, required=False, default="fr")
    message = serializers.CharField(required=False, allow_blank=True, max_length=5000, default="")
    represented_by = serializers.ChoiceField(
        choices=RepresentedBy.choices,
        required=False,
        help_text="Who asks for somebody else, as what.",
    )
    represented_name = serializers.CharField(required=False, allow_blank=True, max_length=150)


class RequestFiledOut(serializers.Serializer[None]):
    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    due_on = serializers.DateField()


class MessageOut(serializers.Serializer[None]):
    direction = serializers.CharField()
    subject = serializers.CharField()
    body = serializers.CharField()
    written_at = serializers.DateTimeField()


class RequestOut(RequestFiledOut):
    rights = serializers.ListField(child=serializers.ChoiceField(choices=Right.choices))
    received_on = serializers.DateField()
    policy_limit_on = serializers.DateField()
    extended_due_on = serializers.DateField(allow_null=True)
    deemed_refused = serializers.BooleanField()
    ended_at = serializers.DateTimeField(allow_null=True)
    messages = MessageOut(many=True)


class StepOut(serializers.Serializer[None]):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    content_hash = serializers.CharField()
    details = serializers.DictField()
    hash = serializers.CharField()


class StaffRequestOut(serializers.Serializer[None]):
    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    rights = serializers.ListField(child=serializers.ChoiceField(choices=Right.choices))
    channel = serializers.ChoiceField(choices=RequestChannel.choices)
    received_on = serializers.DateField()
    due_on = serializers.DateField(help_text="The law's.")
    policy_limit_on = serializers.DateField(help_text="Thirty days.")
    target_on = serializers.DateField(help_text="The earlier of both, unshifted.")
    extended_due_on = serializers.DateField(allow_null=True)
    suspended_due_on = serializers.DateField(allow_null=True)
    deemed_refused = serializers.BooleanField()
    handler = serializers.CharField(allow_null=True)


class StaffRequestWholeOut(StaffRequestOut):
    name = serializers.CharField()
    email = serializers.CharField()
    language = serializers.CharField()
    message = serializers.CharField()
    acts = serializers.ListField(child=serializers.CharField())
    timeline = StepOut(many=True)


class QueueOut(serializers.Serializer[None]):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    results = StaffRequestOut(many=True)


class EnteredIn(serializers.Serializer[None]):
    channel = serializers.ChoiceField(choices=ENTERED_CHANNELS)
    received_on = serializers.DateField()
    rights = serializers.ListField(child=serializers.ChoiceField(choices=Right.choices))
    name = serializers.CharField(max_length=150)
    email = serializers.EmailField(required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=LANGUAGES, required=False, default="fr")
    message = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    represented_by = serializers.ChoiceField(choices=RepresentedBy.choices, required=False)
    represented_name = serializers.CharField(required=False, allow_blank=True, max_length=150)


class ActIn(serializers.Serializer[None]):
    """What an act asks for; each takes only its own."""

    handler = serializers.EmailField(required=False)
    text = serializers.CharField(required=False)
    reason = serializers.CharField(required=False)
    ground = serializers.CharField(required=False)
    evidence = serializers.CharField(required=False)
    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=Right.choices), required=False
    )
    into = serializers.CharField(required=False, help_text="Reference of the request that stays.")
