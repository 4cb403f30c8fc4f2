"""The report: one HTML file that needs no network and lets nothing in it run but its own script."""

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, FunctionLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from linksift.audit.disavowal import Words
from linksift.audit.groups import worded
from linksift.audit.reportdata import page_data
from linksift.audit.views import OUTCOMES

_FOLDER: Final = "page"
_MAX_CAMPAIGNS: Final = 50
_MAX_CHANGES: Final = 50
_MAX_MONTHS: Final = 60
_BARS: Final = 12
_MEANINGS: Final = {
    "harmful": "of the kind that search engines ignore or act on",
    "review": "a person should look",
    "neutral": "says little in favour of the site, or is not counted",
    "valuable": "put there for the readers of a genuine page",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found; the tables as `linksift.audit` makes them.

    Attributes
    ----------
    changes
        None without an earlier audit.
    refused
        Domain -> why it must not be disavowed as a whole.
    """

    summary: dict[str, Any]
    links: pd.DataFrame
    reasons: pd.DataFrame
    domains: pd.DataFrame
    campaigns: pd.DataFrame
    disagreements: pd.DataFrame
    changes: pd.DataFrame | None
    words: Words
    refused: dict[str, str]


def write_report(report: Report, path: Path) -> None:
    """Write the report."""
    # An export may hold half a character, which no file can.
    path.write_bytes(render_report(report).encode("utf-8", "replace"))


def render_report(report: Report) -> str:
    """Return the report as HTML.

    All that comes from the web is escaped by Jinja2, or stands as JSON in a script element that browsers do not run,
    and is put on the page as text. The policy in the file allows the one script and the one style by their hashes.
    """
    environment = Environment(
        loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    style, script = _text("report.css"), _text("report.js")
    data = page_data(report.links, report.reasons, report.domains, report.words.decisions, report.refused)
    data |= {"site": report.summary["site"], "date": report.summary["date"], "grounds": report.words.has_grounds}
    return environment.get_template("report.html").render(
        summary=report.summary,
        profile={name: rows[:_BARS] for name, rows in report.summary["profile"].items()},
        months=report.summary["profile"]["months"][-_MAX_MONTHS:],
        campaigns=_campaigns(report.campaigns),
        n_campaigns=len(report.campaigns),
        disagreements=_records(report.disagreements),
        changes=_records(report.changes[report.changes["change"] != "new"].head(_MAX_CHANGES))
        if report.changes is not None
        else [],
        outcomes=OUTCOMES,
        meanings=_MEANINGS,
        n_links=len(data["links"]),
        n_domains=len(data["domains"]),
        data=htmlsafe_json_dumps(data, ensure_ascii=False, separators=(",", ":")),
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - a file of this package
        policy=_policy(style, script),
    )


def _text(name: str) -> str:
    return files("linksift.audit").joinpath(_FOLDER, name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Return a content security policy that allows nothing but this style and this script."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _campaigns(found: pd.DataFrame) -> list[dict[str, Any]]:
    shown = _records(found.head(_MAX_CAMPAIGNS).drop(columns="link_ids"))
    return [row | {"evidence": [worded(item) for item in row["evidence"]]} for row in shown]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if not isinstance(value, list) and pd.isna(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]
