"""What becomes of a request to use a right, from its receipt to its end."""
