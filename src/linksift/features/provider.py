"""What link providers say of a link (family ``provider``; needs ``row``): each under its own name, scales never mixed."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

#: Metrics that are features as they are; counts are on a logarithmic scale.
SCORES = ("ahrefs_domain_rating", "ahrefs_url_rating")
COUNTS = ("ahrefs_domain_traffic", "ahrefs_page_traffic", "ahrefs_referring_domains", "ahrefs_linked_domains")
#: What an export may say besides, as numbers: flags, the HTTP status, and days between first and last sight.
OTHERS = ("sitewide", "lost", "http_status", "days_seen")

_STRONG = 40.0
_TOP = 100.0


def provider_features(metrics: Mapping[str, float]) -> dict[str, float]:
    """Measure what an export's provider says; a metric that it does not give is left out.

    Parameters
    ----------
    metrics
        Values by name, of `SCORES`, `COUNTS` and `OTHERS`; NaN where a cell is empty.
    """
    if not metrics:
        return {}
    known = {name: metrics.get(name, math.nan) for name in (*SCORES, *COUNTS, *OTHERS)}
    rating, traffic = known["ahrefs_domain_rating"], known["ahrefs_domain_traffic"]
    status = known["http_status"]
    linked, referring = known["ahrefs_linked_domains"], known["ahrefs_referring_domains"]
    is_known = not math.isnan(rating) and not math.isnan(traffic)
    return (
        {name: known[name] if known[name] <= _TOP else math.nan for name in SCORES}
        | {name: math.log1p(known[name]) for name in COUNTS}
        | {
            "ahrefs_rating_without_traffic": float(rating >= _STRONG and traffic == 0) if is_known else math.nan,
            "ahrefs_linked_per_referring": linked / referring if referring >= 1 else math.nan,
            "row_sitewide": known["sitewide"],
            "row_lost": known["lost"],
            "row_status_error": math.nan if math.isnan(status) else float(status >= 400),
            "row_days_seen": known["days_seen"],
        }
    )


def row_metrics(row: Any) -> dict[str, float]:  # noqa: ANN401 - a named tuple of pandas
    """Return what a row of an export says in the provider's own columns; empty where it says nothing.

    Parameters
    ----------
    row
        A row as `itertuples` gives it, with the uniform columns of `linksift.io.formats.COLUMNS`.
    """
    found = {name: _number(getattr(row, name, None)) for name in (*SCORES, *COUNTS, "sitewide", "lost", "http_status")}
    found["days_seen"] = _days(getattr(row, "first_seen", None), getattr(row, "last_seen", None))
    return found if any(not math.isnan(value) for value in found.values()) else {}


def _number(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan
    return number if math.isfinite(number) and number >= 0 else math.nan


def _days(first: object, last: object) -> float:
    try:
        days = (date.fromisoformat(str(last)) - date.fromisoformat(str(first))).days
    except ValueError:
        return math.nan
    return float(days) if days >= 0 else math.nan
