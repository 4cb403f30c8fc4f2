"""Tables of the documentation that are made from the code: ``python -m linksift.docs`` writes them anew."""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from linksift.contract import Contract, Feature, load_contract
from linksift.labeling import LABELING_FUNCTIONS

#: Which file holds which table, relative to the top of a source checkout.
TABLES: Final = {"features": Path("features", "README.md"), "labelling": Path("data", "README.md")}


def feature_table(contract: Contract) -> str:
    """Return every feature of a contract as a Markdown table, in catalogue order."""
    head = ("feature", "family", "needs", "type", "range", "on", "meaning", "source")
    return _table(head, (_feature_row(feature) for feature in contract.features))


def labelling_table() -> str:
    """Return the labelling functions as a Markdown table, in the order in which they are tried."""
    head = ("order", "function", "label", "looks at", "features that see the same")
    rows = (
        (str(number), f"`{function.name}`", function.label.value, function.evidence, _names(function.shares))
        for number, function in enumerate(LABELING_FUNCTIONS, start=1)
    )
    return _table(head, rows)


def with_block(text: str, name: str, body: str) -> str:
    """Put a body between the lines ``<!-- name:start -->`` and ``<!-- name:end -->`` of a Markdown text.

    Raises
    ------
    ValueError
        Where the text does not hold these two lines once, in this order.
    """
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    pattern = re.compile(f"^{re.escape(start)}$.*?^{re.escape(end)}$", re.DOTALL | re.MULTILINE)
    if text.count(start) != 1 or text.count(end) != 1 or not pattern.search(text):
        raise ValueError(f"one {start} and, below it, one {end} are needed, each on a line of its own")
    block = f"{start}\n{body}\n{end}"
    return pattern.sub(lambda _: block, text)


def write_tables(root: Path) -> list[Path]:
    """Bring the tables below the top of a source checkout up to date and return the files that changed."""
    bodies = {"features": feature_table(load_contract(root / "features")), "labelling": labelling_table()}
    changed = []
    for name, place in TABLES.items():
        old = (root / place).read_text(encoding="utf-8")
        new = with_block(old, name, bodies[name])
        if new != old:
            (root / place).write_text(new, encoding="utf-8", newline="\n")
            changed.append(root / place)
    return changed


def _feature_row(feature: Feature) -> tuple[str, ...]:
    on = "on" if feature.on else f"off: {feature.off_because}"
    bounds = _range(feature.low, feature.high)
    cells = (feature.family, feature.needs, feature.type, bounds, on, feature.meaning, feature.source)
    return (f"`{feature.name}`", *cells)


def _names(listed: str) -> str:
    return ", ".join(f"`{name}`" for name in listed.split(", ")) if listed else "none by name"


def _range(low: float, high: float) -> str:
    if math.isinf(low):
        return "any" if math.isinf(high) else f"to {high:g}"
    return f"from {low:g}" if math.isinf(high) else f"{low:g} to {high:g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    # A bar would end the cell, and so would a line break.
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    write_tables(Path.cwd())
