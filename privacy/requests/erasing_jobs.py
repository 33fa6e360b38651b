"""The erasure that two people decided. Arguments are random keys."""

from datetime import UTC, datetime

from procrastinate.contrib.django import app


@app.task
def erase_for(request: str, plan: str) -> None:
    """Again from where it stood when a worker was killed; the certificate is written once."""
    from privacy.requests import erasing  # it defers this

    erasing.carry_out(request=request, plan=plan, now=datetime.now(UTC))
