"""The shapes of the API of requests, for its schema."""

from rest_framework import serializers

from consent.enums import LANGUAGES
from privacy.models import Archive, RecipientTask, RequestChannel, Right
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


class RequestAskedOut(RequestFiledOut):
    download_code = serializers.CharField(
        required=False,
        help_text="Without an account, in the first answer only: opens the copy, with the link.",
    )


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


class RecipientOut(serializers.Serializer[None]):
    id = serializers.CharField()
    name = serializers.CharField()
    why = serializers.ChoiceField(choices=RecipientTask.Why.choices)
    due_on = serializers.DateField()
    told_at = serializers.DateTimeField(allow_null=True)


class LetterOut(serializers.Serializer[None]):
    id = serializers.UUIDField()
    subject = serializers.CharField()
    written_at = serializers.DateTimeField()
    state = serializers.CharField(help_text="Empty: for the post.")
    posted_at = serializers.DateTimeField(allow_null=True)


class StaffRequestWholeOut(StaffRequestOut):
    name = serializers.CharField()
    email = serializers.CharField()
    language = serializers.CharField()
    message = serializers.CharField()
    person = serializers.CharField(allow_null=True, help_text="Reference of who was recognised.")
    pending = serializers.CharField(
        allow_null=True, help_text="The act that waits for a second person."
    )
    recipients = RecipientOut(many=True)
    acts = serializers.ListField(child=serializers.CharField())
    letters = LetterOut(many=True)
    timeline = StepOut(many=True)
    shown_once = serializers.CharField(
        required=False, help_text="A new download code; only in the answer of `new-code`."
    )


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
    person = serializers.CharField(required=False)
    recipient = serializers.CharField(required=False)
    how = serializers.CharField(required=False)
    uses = serializers.ListField(child=serializers.CharField(), required=False)
    channels = serializers.ListField(child=serializers.CharField(), required=False)
    field = serializers.CharField(required=False)
    copy = serializers.ChoiceField(choices=Archive.Kind.choices, required=False)
    message = serializers.UUIDField(required=False, help_text="Of `letters`.")
    outcome = serializers.CharField(required=False, help_text='"arrived" or "again".')
    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=Right.choices), required=False
    )
    into = serializers.CharField(required=False, help_text="Reference of the request that stays.")
