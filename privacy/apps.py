from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "privacy"
    verbose_name = _("Personnes et données")

    def ready(self) -> None:
        from django.core.checks import Tags, register
        from django.utils.module_loading import autodiscover_modules

        from privacy.groups import sync_groups
        from privacy.processing.concerns import add_concerns
        from privacy.processing.sections import add_sections
        from privacy.sources.checks import check_declared, check_tables

        autodiscover_modules("personal_data")
        add_sections()
        add_concerns()
        register(check_declared)
        register(check_tables, Tags.database)

        # The one signal here: Django makes permissions after migrations, not in them.
        post_migrate.connect(sync_groups, dispatch_uid="privacy.groups")
