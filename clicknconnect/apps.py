from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "clicknconnect"
    verbose_name = "Click'n CoNNect"

    def ready(self) -> None:
        from clicknconnect import checks  # noqa: F401  registers the system checks
