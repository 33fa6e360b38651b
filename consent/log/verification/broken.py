class Broken(Exception):
    """Something in the log is not as it was sealed; the text names the first thing found."""
