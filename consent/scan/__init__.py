"""What pages really do, beside what the register declares."""
