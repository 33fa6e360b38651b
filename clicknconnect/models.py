from clicknconnect.throttle import Window

__all__ = ["Window"]
