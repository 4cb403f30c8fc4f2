"""What is known of a run, on disk: which pages are asked for, what became of them, where they are in the archive.

An SQLite file beside the archive. Whatever kills the process, the file says which pages are done and how long the archive
was then; the next run cuts the archive to that length and goes on. After a whole run it is the memory for the next
one: entity tags, dates, and where the archive holds each page.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Self

from linksift.errors import InputError
from linksift.fetch.outcome import Outcome, Status
from linksift.fetch.rows import Capture, Known, PageRow, Wanted

_VERSION: Final = "1"
_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE pages (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, asked TEXT NOT NULL, host TEXT NOT NULL, place INTEGER, refusal TEXT,
    status TEXT, reason TEXT, http_status INTEGER, content_type TEXT, n_bytes INTEGER, final_url TEXT,
    redirects INTEGER, attempts INTEGER, seconds REAL, found INTEGER,
    captured TEXT, captured_url TEXT, offsets TEXT, etag TEXT, last_modified TEXT
);
CREATE INDEX pages_host ON pages (host, id);
CREATE INDEX pages_place ON pages (place);
CREATE TABLE targets (page INTEGER NOT NULL, target TEXT NOT NULL, PRIMARY KEY (page, target)) WITHOUT ROWID;
CREATE TABLE hosts (host TEXT PRIMARY KEY, todo INTEGER NOT NULL, opened INTEGER NOT NULL DEFAULT 0);
CREATE INDEX hosts_todo ON hosts (opened, todo DESC);
CREATE TABLE payloads (digest TEXT PRIMARY KEY, record_id TEXT, url TEXT, date TEXT, position INTEGER) WITHOUT ROWID;
"""
#: What a new run forgets of the one before; the capture is kept until it has another.
_RESET: Final = """
UPDATE pages SET status = NULL, reason = NULL, http_status = NULL, content_type = NULL, n_bytes = NULL,
    final_url = NULL, redirects = NULL, attempts = NULL, seconds = NULL, found = NULL
"""
_FORGET: Final = (
    "UPDATE pages SET captured = NULL, captured_url = NULL, offsets = NULL, etag = NULL, last_modified = NULL"
)
_OVER_CAP: Final = """
UPDATE pages SET status = 'skipped', reason = ? WHERE status IS NULL AND id IN (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY host ORDER BY place) AS rank FROM pages WHERE refusal IS NULL)
    WHERE rank > ?)
"""
_COLUMNS: Final = (
    "url", "status", "reason", "http_status", "final_url", "redirects", "content_type", "bytes", "attempts", "seconds",
    "captured", "targets", "targets_found",
)  # fmt: skip


class State:
    """The state of one archive; a context manager.

    Parameters
    ----------
    path
        The SQLite file; made where it is missing. ``:memory:`` for a plan.

    Raises
    ------
    InputError
        If the file is none of ours, or another process has it open.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=1.0)
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("BEGIN EXCLUSIVE")
            if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._set(version=_VERSION, phase="new")
            is_ours = self.meta("version") == _VERSION
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise InputError(f"{path}: another linksift fetch is at work on this archive; wait for it") from None
            raise InputError(f"{path}: cannot be used ({error})") from None
        except sqlite3.DatabaseError as error:
            raise InputError(f"{path}: is no state of linksift fetch ({error}); move it away") from None
        if not is_ours:
            raise InputError(f"{path}: is of another version of linksift; move it and its archive away")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def copy_into(self, other: "State") -> None:
        """Copy everything into another state, for a plan that leaves this one as it is."""
        self._db.backup(other._db)

    def meta(self, key: str) -> str | None:
        """Return one remembered value."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _set(self, **values: object) -> None:
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(k, str(v)) for k, v in values.items()])

    @property
    def is_running(self) -> bool:
        """Whether a run was begun and not ended."""
        return self.meta("phase") == "running"

    @property
    def length(self) -> int:
        """Bytes of the archive that belong to what is done."""
        return int(self.meta("length") or 0)

    @property
    def earlier(self) -> int:
        """Bytes of the archive of the run before the one that is going on; 0 where there was none."""
        return int(self.meta("earlier") or 0)

    def begin(self, wanted: Iterable[Wanted], *, max_per_host: int, resume: bool, earlier: int) -> None:
        """Take in the pages to ask for, in one step: all of it happens, or nothing.

        Parameters
        ----------
        resume
            Go on with the run that was broken off: what is done stays done, unless it was only skipped.
        earlier
            Bytes of the archive of the last run; 0 where it is not there, and what it held is forgotten. Not looked at
            with `resume`.
        """
        self._db.execute("BEGIN")
        try:
            self._db.execute("UPDATE pages SET place = NULL, refusal = NULL")
            self._db.execute("DELETE FROM targets")
            for place, one in enumerate(wanted):
                self._want(place, one)
            self._db.execute("DELETE FROM pages WHERE place IS NULL")
            if not resume:
                self._db.execute(_RESET)
                self._db.execute("DELETE FROM payloads")
                self._set(length=0, earlier=earlier)
                if not earlier:
                    self._db.execute(_FORGET)
            # What a skipped page had in the last archive may be in this one already: such a page stays as it is.
            self._db.execute(
                "UPDATE pages SET status = NULL WHERE status IN ('skipped', 'refused') AND captured IS NULL"
            )
            self._db.execute("UPDATE pages SET status = 'refused', reason = refusal WHERE refusal IS NOT NULL")
            self._db.execute(_OVER_CAP, (f"over the cap of {max_per_host} pages per host", max_per_host))
            if not resume:
                self._db.execute(f"{_FORGET} WHERE status IS NOT NULL")
            self._db.execute("DELETE FROM hosts")
            self._db.execute(
                "INSERT INTO hosts (host, todo) SELECT host, count(*) FROM pages WHERE status IS NULL "
                "GROUP BY host ORDER BY min(place)"
            )
            self._set(phase="running")
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def _want(self, place: int, one: Wanted) -> None:
        self._db.execute(
            "INSERT INTO pages (url, asked, host, place, refusal) VALUES (?, ?, ?, ?, ?) ON CONFLICT (url) DO UPDATE SET "
            "asked = iif(place IS NULL, excluded.asked, asked), place = coalesce(place, excluded.place), "
            "refusal = excluded.refusal",
            (one.url, one.asked, one.host, place, one.refusal),
        )
        if one.target is not None:
            self._db.execute(
                "INSERT OR IGNORE INTO targets SELECT id, ? FROM pages WHERE url = ?", (one.target, one.url)
            )

    def next_host(self) -> str | None:
        """Return the next host to ask, those with the most pages first, and count it as opened."""
        row = self._db.execute(
            "SELECT host FROM hosts WHERE opened = 0 ORDER BY opened, todo DESC, rowid LIMIT 1"
        ).fetchone()
        if row is not None:
            self.open_host(row[0])
        return None if row is None else str(row[0])

    def open_host(self, host: str) -> bool:
        """Count a host as opened; tell whether it was not, and has pages."""
        return bool(self._db.execute("UPDATE hosts SET opened = 1 WHERE host = ? AND opened = 0", (host,)).rowcount)

    def next_page(self, host: str, after: int) -> PageRow | None:
        """Return the next page of a host that is not done, of those with a higher id."""
        row = self._db.execute(
            "SELECT id, url, host, captured, captured_url, offsets, etag, last_modified FROM pages "
            "WHERE host = ? AND status IS NULL AND id > ? ORDER BY id LIMIT 1",
            (host, after),
        ).fetchone()
        if row is None:
            return None
        number, url, host, captured, captured_url, offsets, etag, modified = row
        targets = self._db.execute("SELECT target FROM targets WHERE page = ?", (number,)).fetchall()
        capture = None
        if captured is not None:
            positions = tuple(map(int, offsets.split()))
            capture = Capture(captured, captured_url, positions, etag, modified)
        return PageRow(number, url, host, tuple(target for (target,) in targets), capture)

    def payload(self, digest: str) -> Known | None:
        """Return where the archive holds a payload, or None."""
        row = self._db.execute(
            "SELECT record_id, url, date, position FROM payloads WHERE digest = ?", (digest,)
        ).fetchone()
        return None if row is None else Known(*row)

    def add_payload(self, digest: str, known: Known) -> None:
        """Remember where the archive holds a payload."""
        self._start()
        self._db.execute("INSERT OR IGNORE INTO payloads VALUES (?, ?, ?, ?, ?)", (digest, *known))

    def finish_page(self, page: int, outcome: Outcome, capture: Capture | None) -> None:
        """Note what became of a page, and where the archive now holds it."""
        self._start()
        kept = capture or Capture("", "", ())
        self._db.execute(
            "UPDATE pages SET status = ?, reason = ?, http_status = ?, content_type = ?, n_bytes = ?, final_url = ?, "
            "redirects = ?, attempts = ?, seconds = ?, found = ?, captured = ?, captured_url = ?, offsets = ?, etag = ?, "
            "last_modified = ? WHERE id = ?",
            (
                str(outcome.status), outcome.reason, outcome.http_status, outcome.content_type, outcome.n_bytes,
                outcome.final_url, outcome.redirects, outcome.attempts, outcome.seconds, outcome.found,
                kept.date or None, kept.url or None, " ".join(map(str, kept.positions)) or None, kept.etag,
                kept.last_modified, page,
            ),
        )  # fmt: skip

    def commit(self, length: int) -> None:
        """Make what was noted last: it belongs to an archive of so many bytes."""
        self._start()
        self._set(length=length)
        self._db.execute("COMMIT")

    def end(self) -> None:
        """Note that the run is over."""
        self._set(phase="done")

    def _start(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")

    def counts(self) -> dict[Status | None, int]:
        """Return how many pages have each status; None are those not done."""
        rows = self._db.execute("SELECT status, count(*) FROM pages GROUP BY status ORDER BY status").fetchall()
        return {None if status is None else Status(status): count for status, count in rows}

    def hosts(self) -> list[tuple[str, int]]:
        """Return the hosts with pages to ask for and how many, the largest first."""
        return self._db.execute("SELECT host, todo FROM hosts ORDER BY todo DESC, rowid").fetchall()

    def count_captures(self) -> int:
        """Return how many pages that are not done are held by the archive of an earlier run."""
        query = "SELECT count(*) FROM pages WHERE status IS NULL AND captured IS NOT NULL"
        return int(self._db.execute(query).fetchone()[0])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield what became of each page, in the order in which they were asked for."""
        query = (
            "SELECT asked, status, reason, http_status, final_url, redirects, content_type, n_bytes, attempts, seconds, "
            "captured, (SELECT count(*) FROM targets WHERE page = pages.id), found FROM pages ORDER BY place"
        )
        for row in self._db.execute(query):
            yield dict(zip(_COLUMNS, row, strict=True))
