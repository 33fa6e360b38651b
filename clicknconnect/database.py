"""One database under three names: the application's role, the owner's, and a direct connection."""

from typing import Any


class OneDatabase:
    """All is read and written as the application's role; the owner's is for `migrate`, `backup`."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return None

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
