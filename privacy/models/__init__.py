from privacy.models.account import User
from privacy.models.authenticator import Authenticator

__all__ = ["Authenticator", "User"]
