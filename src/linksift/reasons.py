"""Why links got their class: the model's contributions, gathered into plain reasons with their evidence."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from linksift.bundle import Bundle
from linksift.contract import Contract, Feature
from linksift.counterfactuals import counterfactual_table
from linksift.errors import InputError
from linksift.labels import CLASSES, Label
from linksift.reason_codes import ReasonCode, ReasonCodes, Sentence, load_reasons
from linksift.usual import Usual, shipped_usual

FloatArray = npt.NDArray[np.float64]

#: Code of what is not known of a link: it moves the model, but it is no fact of the link.
NOT_KNOWN: Final = "NOT_KNOWN"
#: Code of the rule that comes before the model.
NOT_COUNTED: Final = "NOT_COUNTED"
#: Columns of `reason_table`.
COLUMNS: Final = (
    "link_id", "label", "rank", "code", "speaks_for", "contribution", "sentence", "practice", "practice_url", "quote",
    "evidence", "features", "counterfactual",
)  # fmt: skip
_NOT_COUNTED_TEXT: Final = "Search engines are told not to count this link, so it is neutral wherever it stands."
_NOT_KNOWN_TEXT: Final = "Part of what the model looks at is not known of this link, and that moved its judgement, too."
_MISSING: Final[Mapping[str, str]] = {
    "url": "the page's address",
    "row": "title, anchor, target or link counts",
    "page": "the linking page, or a part of it",
    "target": "the target",
}
_BATCH: Final = 1_000
_EVIDENCE: Final = 3
_MAX_QUOTE: Final = 200
_CLEARLY: Final = 2.0


def reason_table(
    links: pd.DataFrame,
    bundle: Bundle,
    contract: Contract,
    label_column: str = "label_if_counted",
    *,
    top: int = 3,
    against: bool = False,
    codes: ReasonCodes | None = None,
    usual: Usual | None = None,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Give the strongest reasons for each link's class, with evidence and one counterfactual.

    It takes some milliseconds a link: hand over the links that somebody will look at, not a whole export.

    Parameters
    ----------
    links
        A link table, with the class to explain in `label_column`.
    top
        How many reasons per link; fewer where fewer speak for the class.
    against
        Also give reasons that speak against the class; the strongest of both come first.
    codes, usual
        By default the shipped ones.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row per link and reason, in the order of `links`. ``contribution`` is in log-odds before calibration, for ``label``
        against the mean of the others; ``speaks_for`` is the class that the sentence and the evidence speak for. ``evidence`` is text, ``features``
        names the same features; ``quote`` is text of strangers.

    Raises
    ------
    InputError
        Where `label_column` holds anything but classes.
    """
    codes = codes or load_reasons(contract)
    usual = usual or shipped_usual()
    if label_column not in links.columns or not links[label_column].isin(CLASSES).all():
        raise InputError(f"{label_column}: no such column, or not one of {', '.join(CLASSES)} in every row")
    parts = []
    for start in range(0, len(links), _BATCH):
        part = links.iloc[start : start + _BATCH]
        instead = counterfactual_table(part, bundle, contract, usual=usual, n_jobs=n_jobs)["text"]
        batch = _Batch(part, bundle, contract, codes, usual, n_jobs)
        rows = [
            (link, label, rank, *reason, text)
            for at, (link, label, text) in enumerate(zip(part["link_id"], part[label_column], instead, strict=True))
            for rank, reason in enumerate(batch.reasons(at, CLASSES.index(label), top, against=against), 1)
        ]
        parts.append(pd.DataFrame(rows, columns=list(COLUMNS)))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    texts = [name for name in COLUMNS if name not in ("rank", "contribution")]
    return table.astype(dict.fromkeys(texts, "string") | {"rank": "int64", "contribution": "float64"})


def code_contributions(
    links: pd.DataFrame, bundle: Bundle, contract: Contract, codes: ReasonCodes, n_jobs: int = 1
) -> FloatArray:
    """Sum what the features of each reason add to each class's score, against the mean of the other classes.

    Shape (n, k, c + 1), in the order of the bundle's classes and of `codes`. The last is `NOT_KNOWN`: the features that are unknown of a
    link. The sum over the last axis is that of `Bundle.contributions` without its base, against the mean of the other classes.
    """
    return _by_code(
        _against_others(links, bundle, n_jobs),
        _known(links, bundle),
        _positions(bundle, contract, codes),
        len(codes.codes),
    )


def _against_others(links: pd.DataFrame, bundle: Bundle, n_jobs: int) -> FloatArray:
    shares = bundle.contributions(links, n_jobs)[:, :, :-1]
    others = (shares.sum(axis=1, keepdims=True) - shares) / (shares.shape[1] - 1)
    return np.asarray(shares - others, dtype=np.float64)


def _known(links: pd.DataFrame, bundle: Bundle) -> npt.NDArray[np.bool_]:
    return links[bundle.feature_names].notna().to_numpy()


def _positions(bundle: Bundle, contract: Contract, codes: ReasonCodes) -> npt.NDArray[np.intp]:
    return np.array([codes.position(contract.by_name[name]) for name in bundle.feature_names], dtype=np.intp)


def _by_code(amounts: FloatArray, known: npt.NDArray[np.bool_], positions: npt.NDArray[np.intp], n: int) -> FloatArray:
    membership = np.eye(n)[positions]
    told = (amounts * known[:, None, :]) @ membership
    untold = (amounts * ~known[:, None, :]).sum(axis=2, keepdims=True)
    return np.concatenate([told, untold], axis=2)


class _Reason(NamedTuple):
    """One reason of one link: the columns of `reason_table` from ``code`` to ``features``."""

    code: str
    speaks_for: str
    contribution: float
    sentence: str
    practice: str | None = None
    practice_url: str | None = None
    quote: str | None = None
    evidence: str | None = None
    features: str | None = None


class _Batch:
    """Some links, with the contributions of their features."""

    def __init__(
        self, links: pd.DataFrame, bundle: Bundle, contract: Contract, codes: ReasonCodes, usual: Usual, n_jobs: int
    ) -> None:
        names = bundle.feature_names
        self._links, self._codes = links, codes
        self._features = [contract.by_name[name] for name in names]
        self._at = {name: position for position, name in enumerate(names)}
        self._values = links[names].to_numpy(dtype=float, na_value=np.nan)
        self._known = ~np.isnan(self._values)
        self._usual = usual.elsewhere.reindex(index=list(CLASSES), columns=names).to_numpy(dtype=float)
        positions = _positions(bundle, contract, codes)
        self._members = [np.flatnonzero(positions == number) for number in range(len(codes.codes))]
        self._amounts = _against_others(links, bundle, n_jobs)
        self._sums = _by_code(self._amounts, self._known, positions, len(codes.codes))
        self._counts = links["counts"].astype("boolean").fillna(True).to_numpy(dtype=bool)

    def reasons(self, row: int, label: int, top: int, *, against: bool) -> Iterator[_Reason]:
        """Yield the strongest reasons of one link; the rule that it does not count comes first, and beside the others."""
        if not self._counts[row]:
            yield _Reason(NOT_COUNTED, Label.NEUTRAL, np.nan, _NOT_COUNTED_TEXT)
        sums = self._sums[row, label]
        strength = np.abs(sums) if against else sums
        for number in np.argsort(-strength, kind="stable")[:top]:
            if strength[number] > 0:
                # What speaks against a class speaks for another, if only a little more than for the third.
                speaks_for = label if sums[number] > 0 else int(self._sums[row, :, number].argmax())
                is_known = number < len(self._codes.codes)
                make = self._reason if is_known else self._not_known
                yield make(row, speaks_for, int(number), float(sums[number]))

    def _not_known(self, row: int, speaks_for: int, _: int, amount: float) -> _Reason:
        moved = self._strongest(np.flatnonzero(~self._known[row]), row, speaks_for)
        missing = dict.fromkeys(_MISSING[self._features[at].needs] for at in moved)
        return _Reason(
            NOT_KNOWN, CLASSES[speaks_for], amount, _NOT_KNOWN_TEXT, evidence=f"not known: {'; '.join(missing)}"
        )

    def _reason(self, row: int, speaks_for: int, number: int, amount: float) -> _Reason:
        code, members = self._codes.codes[number], self._members[number]
        label = CLASSES[speaks_for]
        moved = self._strongest(members[self._known[row, members]], row, speaks_for)
        sentence, seen = self._sentence(row, speaks_for, code)
        # A value that reads like the usual one is evidence only where the sentence is about it, or where there is no other.
        telling = [at for at in moved if at in seen]
        telling += [at for at in moved if at not in seen and not self._is_usual(row, speaks_for, at)]
        shown = telling[:_EVIDENCE] or list(moved[:1])
        practice = sentence.practice if sentence is not None and label == Label.HARMFUL else None
        quote = self._links[code.shows].iloc[row] if code.shows else None
        return _Reason(
            code=code.code,
            speaks_for=label,
            contribution=amount,
            sentence=sentence.text if sentence is not None else _general(code, label),
            practice=practice.text if practice else None,
            practice_url=practice.url if practice else None,
            quote=_short(quote) if isinstance(quote, str) and quote else None,
            evidence="; ".join(self._evidence(row, speaks_for, at) for at in shown),
            features=", ".join(self._features[at].name for at in shown),
        )

    def _strongest(self, members: npt.NDArray[np.intp], row: int, label: int) -> npt.NDArray[np.intp]:
        """Return the features that spoke for a class, the strongest first."""
        moved = self._amounts[row, label, members]
        order = np.argsort(-moved, kind="stable")
        return np.asarray(members[order[moved[order] > 0]], dtype=np.intp)

    def _sentence(self, row: int, label: int, code: ReasonCode) -> tuple[Sentence | None, set[int]]:
        """Return the first sentence of which a sign is seen, and these signs."""
        for sentence in code.says:
            if CLASSES[label] in sentence.classes:
                signs = [(name, True) for name in sentence.high] + [(name, False) for name in sentence.low]
                seen = {self._at[name] for name, is_high in signs if self._is_seen(row, label, name, is_high=is_high)}
                if seen:
                    return sentence, seen
        return None, set()

    def _is_seen(self, row: int, label: int, name: str, *, is_high: bool) -> bool:
        """Tell whether a sign is on the link and spoke for the class."""
        at = self._at.get(name)
        if at is None or not self._known[row, at] or self._amounts[row, label, at] <= 0:
            return False
        value, usual = self._values[row, at], self._usual[label, at]
        if self._features[at].type == "flag":
            return bool(value == is_high)
        if np.isnan(usual):
            return False
        return bool(value > 0 and value >= usual * _CLEARLY if is_high else value <= usual / _CLEARLY)

    def _is_usual(self, row: int, label: int, at: int) -> bool:
        feature, usual = self._features[at], self._usual[label, at]
        return not np.isnan(usual) and _worded(feature, self._values[row, at]) == _worded(feature, usual)

    def _evidence(self, row: int, label: int, at: int) -> str:
        feature, usual = self._features[at], self._usual[label, at]
        said = f"{self._codes.name(feature)}: {_worded(feature, self._values[row, at])}"
        return said if np.isnan(usual) else f"{said} (usually {_worded(feature, usual)})"


def _general(code: ReasonCode, label: str) -> str:
    return f"{code.about[:1].upper()}{code.about[1:]}: more as with {label} links than with others."


def _worded(feature: Feature, value: float) -> str:
    if feature.type == "flag":
        return "yes" if value >= 0.5 else "no"  # a median may lie between the two
    if feature.type == "share":
        return f"{value:.0%}" if value == 0 or value >= 0.01 else f"{value:.1%}"
    return f"{value:,.0f}" if feature.type == "count" else f"{value:.3g}"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_QUOTE else f"{text[:_MAX_QUOTE]}…"
