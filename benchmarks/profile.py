"""Time and peak memory of the profile's signals and campaigns on a Parquet of links.

    python benchmarks/profile.py LINKS.parquet [--by COLUMN] [--copies N] [--json FILE]

LINKS is a link table (``page_url``, ``title``, ``target_url``, ``anchor``, ``first_seen``) or holds the columns of a
Semrush export. It is read in chunks, so that the file itself does not count as memory. ``--by`` also measures each
value of a column as an export of its own; ``--copies`` repeats the table with other hosts, to see what a larger one
takes. Each figure is taken in a process of its own; ``links`` is how many were read, or stand in campaigns.
"""

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from linksift.profile import campaigns, profile_signals
from linksift.profile.digest import read_digest

_SEMRUSH = {
    "Source url": "page_url",
    "Source title": "title",
    "Target url": "target_url",
    "Anchor": "anchor",
    "First seen": "first_seen",
}
_WANTED = ("page_url", "title", "target_url", "anchor", "first_seen", "trackers", "text_minhash", "template_minhash")
_STEPS = ("read", "digest", "signals", "campaigns")


def chunks(path: Path, copies: int, columns: list[str]) -> Iterator[pd.DataFrame]:
    """Read the links chunk by chunk; a copy's hosts begin with its number."""
    for copy in range(copies):
        for number, batch in enumerate(pq.ParquetFile(path).iter_batches(32_768, columns=columns)):
            chunk = batch.to_pandas().rename(columns=_SEMRUSH)
            chunk["link_id"] = [f"{copy}-{number}-{row}" for row in range(len(chunk))]
            if copy:
                chunk["page_url"] = chunk["page_url"].str.replace(r"://(www\.)?", f"://copy{copy}-", n=1, regex=True)
            yield chunk


def by_column(path: Path, by: str, columns: list[str]) -> Iterator[pd.DataFrame]:
    """Yield the links of each value of a column."""
    table = pd.read_parquet(path, columns=list(dict.fromkeys([*columns, by])))
    table["link_id"] = [str(row) for row in range(len(table))]
    for _, part in table.groupby(by, sort=False):
        yield part.rename(columns=_SEMRUSH)


def measure(step: str, path: Path, copies: int, by: str | None) -> dict[str, object]:
    """Run one step and say what it took."""
    known = pq.read_schema(path).names
    columns = [name for name in known if name in _WANTED or name in _SEMRUSH]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, cpu = time.perf_counter(), time.process_time()
    count = found = 0
    exports = by_column(path, by, columns) if by else [chunks(path, copies, columns)]
    for links in exports:
        if step == "read":
            count += len(links) if isinstance(links, pd.DataFrame) else sum(map(len, links))
        elif step == "digest":
            count += len(read_digest(links))
        elif step == "signals":
            count += len(profile_signals(links))
        else:
            table = campaigns(links)
            count, found = count + int(table["n_links"].sum()), found + len(table)
    return {
        "step": step,
        "by": by or "whole",
        "links": count,
        "campaigns": found,
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "peak_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
    }


def main() -> None:
    """Print a table; write the same as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("links", type=Path)
    parser.add_argument("--by", metavar="COLUMN")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    # A process of its own for each: the peak of one step would hide that of the next.
    context = multiprocessing.get_context("spawn")
    for by in (None, arguments.by) if arguments.by else (None,):
        for step in _STEPS:
            with context.Pool(1) as pool:
                rows.append(pool.apply(measure, (step, arguments.links, arguments.copies, by)))
    print(pd.DataFrame(rows).to_string(index=False))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
