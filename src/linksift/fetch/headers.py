"""What headers of an answer say, where they say anything usable."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def plain_value(value: str | None) -> str | None:
    """Return a header's value where it is what the standard allows, else None."""
    return value if value and value.isascii() and value.isprintable() and len(value) <= 500 else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of a ``Retry-After`` (a number, or a date), or None where it says nothing usable."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds(), 0.0)
