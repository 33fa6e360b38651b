"""The shapes of the API, for its schema; the hot path validates by hand (consent.api.bodies)."""

from rest_framework import serializers

from consent.enums import PLACES, Source, Status


class ChoiceIn(serializers.Serializer[None]):
    categories = serializers.DictField(
        child=serializers.BooleanField(), help_text="Optional categories: true to accept."
    )
    notice = serializers.IntegerField(
        min_value=1, required=False, help_text="The notice shown; needed to accept."
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[(place.value, place.label) for place in PLACES], required=False, default=Source.API
    )


class ChoiceOut(serializers.Serializer[None]):
    status = serializers.ChoiceField(choices=Status.choices)
    categories = serializers.DictField(child=serializers.BooleanField())
    record = serializers.UUIDField(allow_null=True, help_text="Null for a refusal.")
    receipt = serializers.CharField(allow_null=True)


class StatusOut(serializers.Serializer[None]):
    status = serializers.ChoiceField(choices=Status.choices)
    categories = serializers.DictField(child=serializers.BooleanField())
    notice = serializers.IntegerField()
    decided_on = serializers.DateField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True)
    gpc = serializers.BooleanField()


class ErrorOut(serializers.Serializer[None]):
    code = serializers.CharField()
    detail = serializers.CharField()
    fields = serializers.DictField()  # type: ignore[assignment]
