from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "privacy"
    verbose_name = _("Personnes et données")

    def ready(self) -> None:
        from privacy.groups import sync_groups

        # The one signal here: Django makes permissions after migrations, not in them.
        post_migrate.connect(sync_groups, dispatch_uid="privacy.groups")
