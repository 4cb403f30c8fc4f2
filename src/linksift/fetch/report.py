"""What a run is going to do, and what became of it: the plan and the status table."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pandas as pd

from linksift.fetch.outcome import Status
from linksift.fetch.settings import Settings
from linksift.fetch.state import State
from linksift.io.tables import TableWriter

#: Version of the columns of the status table.
SCHEMA_VERSION: Final = "1"

#: Columns of the status table and their types.
COLUMNS: Final = {
    "url": "string", "status": "string", "reason": "string", "http_status": "Int64", "final_url": "string",
    "redirects": "Int64", "content_type": "string", "bytes": "Int64", "attempts": "Int64", "seconds": "Float64",
    "captured": "string", "targets": "Int64", "targets_found": "Int64", "link_there": "boolean",
}  # fmt: skip
_CHUNK_ROWS: Final = 2_000
#: What a request takes besides the pauses, for the plan: a guess, as are the rules of hosts not yet asked.
_TYPICAL_SECONDS: Final = 0.7


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    Attributes
    ----------
    pages, hosts
        To be asked now.
    conditional
        Pages of them that an earlier archive holds: asked only whether they have changed.
    done
        Pages that a run that was broken off has behind it.
    refused, skipped
        Pages that may not be asked, and those over the cap per host.
    largest
        Hosts with the most pages, and how many.
    seconds
        How long it would take at least, at a guess: pauses of the hosts that answer, and a typical time per request.
    """

    pages: int
    hosts: int
    conditional: int
    done: int
    refused: int
    skipped: int
    largest: tuple[tuple[str, int], ...]
    seconds: float


def plan_of(state: State, settings: Settings) -> Plan:
    """Return the plan for a state in which everything to ask for has been taken."""
    counts, hosts = state.counts(), state.hosts()
    # The host with the most pages takes longest; all connections together have to make every request.
    requests = sum(pages + 1 for _, pages in hosts)
    per_host = max((pages * (settings.delay + _TYPICAL_SECONDS) for _, pages in hosts), default=0.0)
    refused, skipped = counts.get(Status.REFUSED, 0), counts.get(Status.SKIPPED, 0)
    pages = counts.pop(None, 0)
    return Plan(
        pages=pages,
        hosts=len(hosts),
        conditional=state.count_captures(),
        done=sum(counts.values()) - refused - skipped,
        refused=refused,
        skipped=skipped,
        largest=tuple(hosts[:5]),
        seconds=max(per_host, requests * _TYPICAL_SECONDS / settings.concurrency),
    )


def write_status(state: State, dest: str | Path, settings: Settings) -> None:
    """Write one row per page asked for, in that order; unknown is empty."""
    stated = {"schema": SCHEMA_VERSION, "user_agent": settings.user_agent}
    rows = state.rows()
    with TableWriter(dest, metadata=stated) as writer:
        writer.write(_frame([]))
        for chunk in _chunks(rows):
            writer.write(_frame(chunk))


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        yield chunk


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(COLUMNS)[:-1]).astype(
        {name: kind for name, kind in COLUMNS.items() if name != "link_there"}
    )
    # Without a target nothing was looked for.
    table["link_there"] = (table["targets_found"] == table["targets"]).where(table["targets"] > 0).astype("boolean")
    return table
