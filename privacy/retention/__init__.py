"""What may no longer be kept: what is due and why (`due`), its going (`run`), what a person agrees
to first (`approvals`), and the archive between active use and the end (`archive`)."""
