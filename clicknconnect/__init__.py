"""Wiring of the site."""

# Of pyproject.toml, which is not on every server.
VERSION = "0.1.0"
