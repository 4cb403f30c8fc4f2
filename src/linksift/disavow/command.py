"""What ``linksift disavow`` does: read, decide, write, and say on stderr what happened and why."""

import argparse
import os
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from linksift.decisions import Decisions, apply_decisions, read_decisions
from linksift.disavow.guidance import AFTER, NO_GROUNDS, grounds, too_long
from linksift.disavow.hosts import REASONS, HostRules, load_rules
from linksift.disavow.kept import Kept
from linksift.disavow.lines import printable
from linksift.disavow.lint import count_errors, lint, summary
from linksift.disavow.listfile import ListFile, read_list_file
from linksift.disavow.plan import Plan, is_within_limits, make_plan, render
from linksift.disavow.propose import percent, propose
from linksift.disavow.review import PROPOSALS, review
from linksift.disavow.scored import links_to_own_sites, read_scored
from linksift.disavow.tidy import tidy
from linksift.errors import InputError
from linksift.io.tables import write_table
from linksift.io.userlabels import KeepList, read_keep
from linksift.progress import Progress

_SHOWN: Final = 20
_ACTIONS: Final = {
    "disavow": "to be disavowed",
    "review": "for review",
    "removal_asked": "with a removal asked for (listed when somebody decides `disavow`)",
    "keep": "kept",
    "none": "harmless",
}


def run(arguments: argparse.Namespace, progress: Progress) -> int:
    """Run one step and return the exit code."""
    return {"write": _write, "lint": _lint, "review": _review}[arguments.step](arguments, progress)


@dataclass(frozen=True, slots=True)
class _Words:
    """What the user said: decisions, keep list and own sites."""

    decisions: Decisions
    keep: KeepList | None
    rules: HostRules

    def apply(self, links: pd.DataFrame) -> pd.DataFrame:
        actions = apply_decisions(links, self.decisions, keep=self.keep, own_sites=self.rules.own)
        return pd.concat([links, actions], axis=1)

    def kept(self, links: pd.DataFrame) -> Kept:
        vouched = links["page_url"].fillna(links["host"])[links["kept"]].dropna().unique()
        return Kept(self.rules, self.keep, self.decisions, vouched)


def _words(arguments: argparse.Namespace, progress: Progress) -> _Words:
    decisions = read_decisions(arguments.decisions)
    keep = read_keep(arguments.keep) if arguments.keep else None
    for problem in (*decisions.problems, *(keep.problems if keep is not None else ())):
        progress.say(printable(problem))
    return _Words(decisions, keep, load_rules(arguments.own_sites, arguments.features))


def _read_scored(
    arguments: argparse.Namespace, words: _Words, progress: Progress
) -> tuple[pd.DataFrame, tuple[str, ...], _Words]:
    """Return the links to the owner's sites, their models, and the words with the site to which all links point."""
    links, models = read_scored(arguments.scored, arguments.columns)
    mine, sites = links_to_own_sites(links, sorted(words.rules.own))
    if len(mine) < len(links):
        progress.say(f"{len(links) - len(mine):,} links point to sites that are not yours: left aside")
    return mine, models, replace(words, rules=load_rules(sites, arguments.features))


def _write(arguments: argparse.Namespace, progress: Progress) -> int:
    if not arguments.dry_run:
        _check_output(arguments.output, "`disavow write`, or ask for a --dry-run")
    links, models, words = _read_scored(arguments, _words(arguments, progress), progress)
    links, kept = words.apply(links), words.kept(links)
    base = read_list_file(arguments.base) if arguments.base is not None else None
    proposal = propose(links, words.decisions, words.rules, kept, arguments.min_share)
    plan = make_plan(proposal, base, kept)
    progress.say(_counts(links))
    _say_some(list(proposal.refused), "not listed", progress)
    if base is not None:
        _say_base(base, plan, words.rules, progress)
    heading = [
        "Entries by linksift, in the format of Google's disavow tool",
        f"{arguments.date or date.today()}: {'; '.join(models)}",
        f"grounds: {grounds(manual_action=arguments.manual_action, built_links=arguments.built_links)}",
        f"domain: where at least {percent(arguments.min_share)} of a site's seen links are to be disavowed",
    ]
    text = _text_within_limits(plan, heading, links, arguments.min_share, progress)
    if text == (base.text if base is not None else ""):
        progress.say(_nothing(links, base))
    elif arguments.dry_run:
        sys.stdout.write(_difference(plan))
    elif plan.added and not (arguments.manual_action or arguments.built_links or arguments.anyway):
        progress.say(NO_GROUNDS)
    else:
        _write_text(arguments.output, text)
        progress.say(f"{arguments.output}: {len(plan.entries):,} entries, {len(plan.added):,} of them new\n{AFTER}")
    return 0


def _text_within_limits(
    plan: Plan, heading: list[str], links: pd.DataFrame, min_share: float, progress: Progress
) -> str:
    text = render(plan, heading)
    if not is_within_limits(text):
        text = render(plan, heading, with_reasons=False)
        progress.say("the reasons are left out of the file: with them it would be over Google's limits")
    if not is_within_limits(text):
        raise InputError(too_long(text, links["target_url"][links["action"].eq("disavow")].dropna(), min_share))
    return text


def _counts(links: pd.DataFrame) -> str:
    counts = links["action"].value_counts()
    said = [f"{counts.get(action, 0):,} {text}" for action, text in _ACTIONS.items() if counts.get(action, 0)]
    lost = int((links["action"].eq("disavow") & links["lost"] & links["decided_by"].ne("decision")).sum())
    gone = f" ({lost:,} of them gone: they need no entry)" if lost else ""
    return f"{len(links):,} links: {', '.join(said)}{gone}"


def _nothing(links: pd.DataFrame, base: ListFile | None) -> str:
    """Say plainly that there is nothing to be done, and why."""
    harmful = int(links["action"].eq("disavow").sum())
    if base is not None:
        return "Nothing to change: the present file says all that there is to say. No file was written."
    if harmful:
        return "Nothing was written: none of these links can, or needs to, stand in a disavow file."
    review_count = int(links["action"].eq("review").sum())
    unsure = f" For review: {review_count:,}; look at them, and write down what you decide." if review_count else ""
    return (
        f"Nothing needs to be disavowed: of {len(links):,} links none was found harmful.{unsure} No file was written."
    )


def _say_base(base: ListFile, plan: Plan, rules: HostRules, progress: Progress) -> None:
    lost = [f"{base.name}:{line}: {code}: is a comment in the new file" for line, code in plan.base.lost]
    _say_some(lost, "not usable in the present file", progress)
    doubtful = [
        f"{entry.line}: {REASONS[code]}; it stays, for it is in your present file"
        for entry in plan.base.entries
        if entry.domain is not None and (code := rules.against(entry.domain)) is not None
    ]
    _say_some(doubtful, "doubtful in the present file", progress)
    progress.say(f"present file: {len(plan.base.entries):,} entries stay, {len(plan.removed):,} go")


def _say_some(messages: list[str], what: str, progress: Progress) -> None:
    for message in messages[:_SHOWN]:
        progress.say(f"{what}: {printable(message)}")
    if len(messages) > _SHOWN:
        progress.say(f"{what}: {len(messages) - _SHOWN:,} more")


def _difference(plan: Plan) -> str:
    out = [f"-{entry.line}  # {why}" for entry, why in plan.removed]
    into = [f"+{candidate.entry.line}  # {candidate.reason}" for candidate in plan.added]
    return "".join(f"{printable(line)}\n" for line in [*out, *into])


def _lint(arguments: argparse.Namespace, progress: Progress) -> int:
    rules = load_rules(arguments.own_sites, arguments.features)
    if arguments.fix:
        if len(arguments.files) > 1:
            raise InputError("--fix takes one file at a time")
        _check_output(arguments.output, "--fix")
    elif arguments.output is not None:
        raise InputError("-o goes with --fix")
    errors = 0
    for path in arguments.files:
        found = read_list_file(path)
        findings = lint(found, rules)
        for finding in findings:
            place = f"{found.name}:{finding.line}" if finding.line else found.name
            sys.stdout.write(f"{place}: {finding.severity} {finding.code}: {finding.message}\n")
        progress.say(f"{found.name}: {sum(1 for _ in found.entries()):,} entries; {summary(findings)}")
        errors += count_errors(findings)
        if arguments.fix:
            errors = _fix(found, rules, arguments.output, progress)
    return int(errors > 0)


def _fix(found: ListFile, rules: HostRules, output: Path, progress: Progress) -> int:
    """Write the file without its defects, and return how many errors are left."""
    tidied = tidy(found, lambda entry: REASONS["own-site"] if rules.is_own(entry.host) else None)
    _write_text(output, "".join(f"{line}\n" for line in tidied.lines))
    dropped = [f"{entry.line}: {why}" for entry, why in tidied.dropped]
    _say_some(dropped, "taken out", progress)
    _say_some([f"{found.name}:{line}: {code}" for line, code in tidied.lost], "made a comment", progress)
    left = lint(read_list_file(output), rules)
    progress.say(f"{output}: {len(tidied.entries):,} entries; {summary(left)}")
    return count_errors(left)


def _review(arguments: argparse.Namespace, progress: Progress) -> int:
    found = read_list_file(arguments.file)
    words = _words(arguments, progress)
    if arguments.scored:
        links, _, words = _read_scored(arguments, words, progress)
    else:
        links = _scored_alone(found, arguments)
        progress.say("without --scored each entry is judged from its name alone: take the proposals as a hint")
    table = review(found, words.apply(links), words.rules, words.kept(links), arguments.min_share)
    write_table(table, arguments.output)
    counts = table["proposal"].value_counts()
    progress.say(f"{len(table):,} entries: " + ", ".join(f"{name} {counts.get(name, 0):,}" for name in PROPOSALS))
    return 0


def _scored_alone(found: ListFile, arguments: argparse.Namespace) -> pd.DataFrame:
    from linksift.commands import load_model
    from linksift.contract import load_contract
    from linksift.disavow.rescore import score_entries

    entries = list(dict.fromkeys(entry for _, entry in found.entries()))
    return score_entries(entries, load_model(arguments.model), load_contract(arguments.features))


def _check_output(output: Path | None, what: str) -> None:
    if output is None:
        raise InputError(f"name the new file with -o for {what}")
    if output.suffix.lower() != ".txt":
        raise InputError(f"{output}: Google takes files whose name ends in .txt")
    if not output.parent.is_dir():
        raise InputError(f"{output}: the folder {output.parent} does not exist")


def _write_text(output: Path, text: str) -> None:
    """Write the whole file or nothing."""
    pending = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        pending.write_bytes(text.encode())
        pending.replace(output)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror or error})") from error
    finally:
        pending.unlink(missing_ok=True)
