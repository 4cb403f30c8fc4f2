"""Why a link got its class, in words: what `linksift explain` prints."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from linksift.bundle import Bundle
from linksift.contract import Contract
from linksift.reason_codes import ReasonCodes
from linksift.reasons import reason_table


def explain_link(
    link: pd.DataFrame,
    outcome: "pd.Series[Any]",
    bundle: Bundle,
    contract: Contract,
    codes: ReasonCodes,
    *,
    top: int = 8,
) -> list[str]:
    """Return the lines that explain one link.

    Parameters
    ----------
    link
        One row of a link table.
    outcome
        Its row of `linksift.prediction.score`.
    top
        How many reasons, those that speak against the class included.
    """
    at, label = link.iloc[0], str(outcome["label_if_counted"])
    counted = "" if outcome["label"] == label else f" (it does not count; {label} if it did)"
    lines = [
        f"{at['link_id']}: {outcome['label']}{counted}",
        f"page {at['page_url']}, target {at['target_url']}, anchor {at['anchor']!r}",
        f"harmful {outcome['p_harmful']:.3f}, neutral {outcome['p_neutral']:.3f}, valuable {outcome['p_valuable']:.3f}; "
        f"decision {outcome['decision']}, judged from the {outcome['basis']}",
    ]
    labelled = link.assign(label_if_counted=label)
    table = reason_table(labelled, bundle, contract, top=top, against=True, codes=codes)
    is_for = table["speaks_for"] == label
    for heading, some in ((f"for {label}:", table[is_for]), (f"against {label}:", table[~is_for])):
        if len(some):
            lines += [heading, *(line for reason in some.to_dict("records") for line in _told(reason))]
    return lines + [f"what would change it: {text}" for text in table["counterfactual"].head(1)]


def _told(reason: dict[Any, Any]) -> Iterator[str]:
    known = {name: value for name, value in reason.items() if not pd.isna(value) and value != ""}
    amount = f"{known['contribution']:+.2f}  " if "contribution" in known else ""
    other = "" if known["speaks_for"] == known["label"] else f" (for {known['speaks_for']})"
    yield f"  {amount}{known['code']}{other}: {known['sentence']}"
    if "quote" in known:
        yield f"      seen: {known['quote']}"
    if "evidence" in known:
        names = f" [{known['features']}]" if "features" in known else ""
        yield f"      {known['evidence']}{names}"
    if "practice" in known:
        yield f"      Google names this kind of practice: {known['practice']}. {known['practice_url']}"
