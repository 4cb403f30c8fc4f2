"""Messages and progress for people, on stderr only."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress as RichProgress

Item = TypeVar("Item")


class Progress:
    """Says what happens; bars only where stderr is a terminal.

    Parameters
    ----------
    quiet
        Say nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        """Write a line."""
        if not self._quiet:
            sys.stderr.write(f"{text}\n")

    def each(self, items: Iterable[Item], what: str, total: int | None) -> Iterator[Item]:
        """Pass items on, with a bar."""
        if self._quiet or not self._console.is_terminal:
            yield from items
            return
        with RichProgress(console=self._console, transient=True) as bar:
            task = bar.add_task(what, total=total)
            for item in items:
                yield item
                bar.advance(task)

    def tick(self, what: str, count: int) -> None:
        """Overwrite one line with a running count."""
        if not self._quiet and self._console.is_terminal:
            sys.stderr.write(f"\r{count:,} {what}")
