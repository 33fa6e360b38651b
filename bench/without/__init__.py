"""The same site without consent: no middleware of it, and tags that render nothing."""
