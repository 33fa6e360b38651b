"""A site with django-cookie-consent, as its documentation sets it up; in an environment of its own.

Nothing here may import what only our own environment holds.
"""
