from privacy.models.account import User

__all__ = ["User"]
