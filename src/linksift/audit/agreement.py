"""Where the tools' own figures of toxicity and the model agree, and where they do not."""

from typing import Final, NamedTuple

import pandas as pd

from linksift.audit.views import OUTCOMES

_EXAMPLES: Final = 5


class Scale(NamedTuple):
    """A tool's own figure, and from where on it is called bad; for a flag from 1."""

    column: str
    title: str
    bad_from: float


#: A threshold that a tool does not name itself says so in the title.
SCALES: Final = (
    Scale("semrush_toxic_score", "Semrush, Toxic Score from 60", 60),
    Scale("ahrefs_is_spam", "Ahrefs, Is spam", 1),
    Scale("moz_spam_score", "Moz, Spam Score from 61", 61),
    Scale("dataforseo_spam_score", "DataForSEO, spam score from 61 (our threshold)", 61),
)
#: Columns of `agreement`.
COLUMNS: Final = ("tool", "tool_says", "links", *OUTCOMES)


def agreement(links: pd.DataFrame) -> pd.DataFrame:
    """Count each tool's verdict against the model's decision; two rows per tool that says anything, columns `COLUMNS`."""
    rows = []
    for scale in SCALES:
        value = links[scale.column].astype("Float64")
        for said, chosen in (("toxic", value >= scale.bad_from), ("not toxic", value < scale.bad_from)):
            part = links[chosen.fillna(value=False)]
            if value.notna().any():
                counts = part["decision"].value_counts()
                rows.append((scale.title, said, len(part), *(int(counts.get(name, 0)) for name in OUTCOMES)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def disagreements(links: pd.DataFrame) -> pd.DataFrame:
    """Return some links on which a tool and the model differ most.

    Returns
    -------
    DataFrame
        ``tool``, ``tool_says``, ``value`` (the tool's figure), ``link_id``, ``page_url``, ``decision``, ``p_harmful``.
    """
    parts = []
    for scale in SCALES:
        value = links[scale.column].astype("Float64").astype(float)
        known = links.assign(tool=scale.title, value=value)[value.notna()]
        milder = known[(known["value"] >= scale.bad_from) & known["decision"].isin(["neutral", "valuable"])]
        harsher = known[(known["value"] < scale.bad_from) & (known["decision"] == "harmful")]
        for said, part, ascending in (("toxic", milder, True), ("not toxic", harsher, False)):
            ordered = part.sort_values(["p_harmful", "link_id"], ascending=[ascending, True], kind="stable")
            parts.append(ordered.head(_EXAMPLES).assign(tool_says=said))
    names = ["tool", "tool_says", "value", "link_id", "page_url", "decision", "p_harmful"]
    return pd.concat(parts, ignore_index=True)[names]
