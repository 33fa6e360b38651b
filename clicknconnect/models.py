from clicknconnect.runs import Run
from clicknconnect.throttle import Window

__all__ = ["Run", "Window"]
