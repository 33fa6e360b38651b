"""The record of processing: its sections of the register, their check, its export (art. 30)."""
