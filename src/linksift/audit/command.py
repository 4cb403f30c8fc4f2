"""What ``linksift audit`` does, step by step."""

import argparse
import hashlib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from linksift.audit import names
from linksift.audit.agreement import agreement, disagreements
from linksift.audit.compare import Earlier, compare, read_earlier
from linksift.audit.disavowal import Disavowal, Words, disavowal, refusals
from linksift.audit.folder import (
    audit_folder,
    check_folder,
    decisions_table,
    earlier_decisions,
    write_csv,
    write_json,
)
from linksift.audit.gather import Gathered, gather
from linksift.audit.groups import campaign_view, campaigns_of, flat_campaigns, with_profile
from linksift.audit.judge import Judge, judge_links
from linksift.audit.merge import merge
from linksift.audit.report import Report, write_report
from linksift.audit.views import domain_view, profile_view
from linksift.bundle import Bundle
from linksift.decisions import Decisions, read_decisions
from linksift.disavow.entry import host_in_ascii
from linksift.disavow.hosts import load_rules
from linksift.disavow.lines import printable
from linksift.errors import InputError
from linksift.io.disavow import clean_domain
from linksift.io.tables import write_table
from linksift.io.userlabels import read_keep
from linksift.page import Limits
from linksift.progress import Progress

_SHOWN: Final = 20


def run(arguments: argparse.Namespace, progress: Progress) -> int:
    """Run an audit and return the exit code."""
    site = _site(arguments.site)
    # Refused before the work, not after it.
    check_folder(arguments.output, site)
    earlier = read_earlier(arguments.previous, site) if arguments.previous is not None else None
    words, judge = _settings(arguments, site, earlier, progress)
    gathered = gather(arguments.files, site, arguments.columns)
    for note in gathered.notes:
        progress.say(printable(note))
    _say_some(gathered.problems, progress)
    merged = merge(gathered.rows)
    progress.say(f"{len(gathered.rows):,} rows are {len(merged):,} links; scoring them")
    report, outcome = _report(judge_links(merged, judge), gathered, words, earlier, judge.bundle, site, arguments.date)
    with audit_folder(arguments.output) as folder:
        _write_tables(folder, report, gathered, words.decisions, outcome)
        write_json(report.summary, folder / names.SUMMARY)
        write_report(report, folder / names.REPORT)
        write_json(_manifest(arguments, report.summary, gathered), folder / names.MANIFEST)
    _say_result(arguments.output, report.summary, outcome, progress)
    return 0


def _report(
    judged: tuple[pd.DataFrame, pd.DataFrame],
    gathered: Gathered,
    words: Words,
    earlier: Earlier | None,
    bundle: Bundle,
    site: str,
    day: date | None,
) -> tuple[Report, Disavowal]:
    """Count, compare, and say whether a disavow file is called for."""
    links, reasons = with_profile(judged[0]), judged[1]
    day = day or date.today()
    model = _model(bundle)
    changes = None
    if earlier is not None:
        changes = compare(links, earlier, model)
        kinds = changes.drop_duplicates("link_id").set_index("link_id")["change"]
        links["since_previous"] = links["link_id"].map(kinds).astype("string").fillna("seen")
    outcome = disavowal(links, words, day, f"model {bundle.name} {bundle.version}")
    domains, found = domain_view(links), campaign_view(links)
    links["campaigns"] = campaigns_of(links, found)
    summary = _summary(site, day, model, gathered, links, domains, found, outcome)
    if changes is not None and earlier is not None:
        summary["previous"] = _since(changes, earlier, model)
    differ, refused = disagreements(links), refusals(links, words)
    return Report(summary, links, reasons, domains, found, differ, changes, words, refused), outcome


def _site(text: str) -> str:
    domain, problem = clean_domain(text)
    if domain is None:
        raise InputError(f"--site: {problem}; give a host such as example.com")
    return host_in_ascii(domain)


def _settings(
    arguments: argparse.Namespace, site: str, earlier: Earlier | None, progress: Progress
) -> tuple[Words, Judge]:
    from linksift.commands import load_model
    from linksift.contract import load_contract

    carried = [earlier.decisions if earlier is not None else None, earlier_decisions(arguments.output)]
    files = {path.resolve(): path for path in (*carried, *arguments.decisions) if path is not None}
    decisions = read_decisions(list(files.values()))
    keep = read_keep(arguments.keep) if arguments.keep else None
    _say_some([*decisions.problems, *(keep.problems if keep is not None else ())], progress)
    rules = load_rules([site, *arguments.own_sites], arguments.features)
    judge = Judge(
        load_model(arguments.model), load_contract(arguments.features), decisions, keep, tuple(sorted(rules.own)),
        arguments.pages, arguments.urls, arguments.features,
        Limits(max_bytes=arguments.max_bytes, timeout=arguments.timeout), arguments.jobs,
    )  # fmt: skip
    return Words(decisions, keep, rules, arguments.manual_action, arguments.built_links), judge


def _model(bundle: Bundle) -> dict[str, str]:
    from importlib.metadata import version

    return {
        "name": bundle.name, "version": bundle.version, "data_sha256": bundle.data_sha256, "linksift": version("linksift")
    }  # fmt: skip


def _summary(
    site: str,
    day: date,
    model: dict[str, str],
    gathered: Gathered,
    links: pd.DataFrame,
    domains: pd.DataFrame,
    found: pd.DataFrame,
    outcome: Disavowal,
) -> dict[str, Any]:
    return {
        "site": site,
        "date": day.isoformat(),
        "model": model,
        "sources": [asdict(source) for source in gathered.sources],
        "rows": len(gathered.rows),
        "problems": len(gathered.problems),
        "notes": gathered.notes,
        "links": len(links),
        "lost": int(links["lost"].fillna(value=False).sum()),
        "domains": len(domains),
        "campaigns": len(found),
        "actions": _counts(links["action"]),
        "profile": {name: table.to_dict("records") for name, table in profile_view(links).items()},
        "agreement": agreement(links).to_dict("records"),
        "disavow": {
            "written": outcome.text is not None, "entries": outcome.entries, "why": outcome.why,
            "refused": list(outcome.refused),
        },
        "previous": None,
    }  # fmt: skip


def _since(changes: pd.DataFrame, earlier: Earlier, model: dict[str, str]) -> dict[str, Any]:
    """Count what changed since an earlier audit."""
    kinds = _counts(changes["change"])
    why = _counts(changes.loc[changes["change"] == "class", "why"])
    return {"date": earlier.date, "changes": kinds, "why_class": why, "same_model": earlier.model == model}


def _counts(values: "pd.Series[Any]") -> dict[str, int]:
    return {str(name): int(count) for name, count in sorted(values.value_counts().items())}


def _write_tables(folder: Path, report: Report, gathered: Gathered, decisions: Decisions, outcome: Disavowal) -> None:
    metadata = {f"model_{key}": value for key, value in report.summary["model"].items()} | {
        "model": report.summary["model"]["name"]
    }
    write_table(report.links, folder / names.LINKS, metadata=metadata)
    write_csv(report.links, folder / names.LINKS_CSV)
    write_csv(report.domains, folder / names.DOMAINS)
    write_csv(flat_campaigns(report.campaigns), folder / names.CAMPAIGNS)
    write_csv(report.reasons, folder / names.REASONS)
    write_csv(decisions_table(decisions, report.domains), folder / names.DECISIONS)
    if gathered.problems:
        problems = pd.DataFrame({"problem": pd.array(gathered.problems, dtype="string")})
        write_csv(problems, folder / names.PROBLEMS)
    if report.changes is not None:
        write_csv(report.changes, folder / names.CHANGES)
    if outcome.text is not None:
        (folder / names.DISAVOW).write_bytes(outcome.text.encode())


def _manifest(arguments: argparse.Namespace, summary: dict[str, Any], gathered: Gathered) -> dict[str, Any]:
    """Say what went in, so that the audit can be made again."""
    others = {"keep": arguments.keep, "pages": arguments.pages, "urls": arguments.urls, "previous": arguments.previous}
    return {
        "schema": "1",
        "site": summary["site"],
        "date": summary["date"],
        "model": summary["model"],
        "inputs": [asdict(source) for source in gathered.sources],
        "options": {
            "own_sites": arguments.own_sites,
            "manual_action": arguments.manual_action,
            "built_links": arguments.built_links,
            "columns": dict(arguments.columns or {}),
            **{name: _named(path) for name, path in others.items() if path is not None},
            "decisions": [_named(path) for path in arguments.decisions],
        },
    }


def _named(path: str | Path) -> dict[str, str]:
    place = Path(path)
    named = {"name": place.name}
    if place.is_file():
        with place.open("rb") as handle:
            named["sha256"] = hashlib.file_digest(handle, "sha256").hexdigest()
    return named


def _say_some(messages: list[str], progress: Progress) -> None:
    for message in messages[:_SHOWN]:
        progress.say(printable(message))
    if len(messages) > _SHOWN:
        progress.say(f"{len(messages) - _SHOWN:,} more of this kind")


def _say_result(folder: Path, summary: dict[str, Any], outcome: Disavowal, progress: Progress) -> None:
    told = ", ".join(f"{row['links']:,} {row['name']}" for row in summary["profile"]["decisions"])
    progress.say(
        f"{summary['links']:,} links of {summary['domains']:,} sites: {told}; campaigns: {summary['campaigns']:,}"
    )
    if summary["previous"] is not None:
        kinds = summary["previous"]["changes"]
        since = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) or "nothing changed"
        progress.say(f"since {summary['previous']['date']}: {since}")
    progress.say(outcome.why)
    progress.say(f"open {folder / names.REPORT}")
