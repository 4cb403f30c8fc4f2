"""The verb ``fetch``: brings in the linking pages of an export or of a list of URLs."""

import argparse
import sys

from linksift.errors import InputError
from linksift.fetch import Plan, Settings, Status, fetch, places_of, plan, read_asked
from linksift.progress import Progress


def run_fetch(arguments: argparse.Namespace, progress: Progress) -> int:
    """Fetch, or with ``--dry-run`` print the plan; return the exit code.

    Raises
    ------
    InputError
        Where the input names no page or the output cannot be written.
    """
    settings = _settings(arguments)
    asked = read_asked(arguments.input)
    if arguments.dry_run:
        sys.stdout.write(_plan_text(plan(asked.items, arguments.output, settings)))
        return 0
    places = places_of(arguments.output)
    counts = fetch(
        asked.items,
        arguments.output,
        settings,
        status=arguments.status,
        on_page=lambda done, total: progress.tick(f"of {total:,} pages", done),
    )
    if asked.left_out:
        progress.say(f"{asked.left_out:,} rows name no page: left out")
    progress.say(", ".join(f"{count:,} {kind}" for kind, count in counts.items()))
    progress.say(f"pages in {places.archive}, what became of each in {arguments.status or places.status}")
    have = counts.get(Status.OK, 0) + counts.get(Status.NOT_MODIFIED, 0)
    if not have:
        progress.say("no page could be had; the column `reason` of the status table says why")
    return 0


def _settings(arguments: argparse.Namespace) -> Settings:
    contact: str | None = arguments.contact
    if contact is not None and not (contact.isascii() and contact.isprintable()):
        raise InputError(f"--contact {contact!r}: takes printable ASCII, as a header does")
    return Settings(
        delay=arguments.delay,
        concurrency=arguments.concurrency,
        max_per_host=arguments.max_per_host,
        timeout=arguments.timeout,
        max_bytes=arguments.max_bytes,
        ports=frozenset((80, 443, *arguments.ports)),
        allow_private=arguments.allow_private,
        contact=contact,
    )


def _plan_text(found: Plan) -> str:
    lines = [f"{found.pages:,} pages of {found.hosts:,} hosts to ask for"]
    if found.done:
        lines.append(f"{found.done:,} pages are done already")
    if found.conditional:
        lines.append(f"{found.conditional:,} of them only if they have changed")
    if found.refused:
        lines.append(f"{found.refused:,} refused: their URLs may not be asked")
    if found.skipped:
        lines.append(f"{found.skipped:,} skipped: over the cap of pages per host (--max-per-host)")
    lines += [f"  {pages:,} pages of {host}" for host, pages in found.largest]
    lines.append(f"takes about {_duration(found.seconds)} or more: what hosts ask for in robots.txt is not known yet")
    return "\n".join(lines) + "\n"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{max(round(seconds), 1)} s"
    return f"{minutes} min" if minutes < 100 else f"{seconds / 3600:.1f} h"
