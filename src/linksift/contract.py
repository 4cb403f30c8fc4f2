"""The feature contract: what each feature means, which are on, and what a model may rely on.

The contract is ``features/catalogue.toml``, with the lexicons beside it. A model stores name, version and lexicon hash of the features
that it uses, and refuses to score where one of these differs.
"""

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, Literal, cast, get_args

from linksift._resources import resource
from linksift.errors import ContractError
from linksift.lexicons import Lexicon
from linksift.words import WordWeights

Needs = Literal["url", "row", "page", "target"]
Cost = Literal["url", "row", "page", "text", "target"]

#: Name under which a feature lists the learned word weights among its lexicons.
WORDS: Final = "words"
_KEYS: Final = {
    "family", "needs", "type", "range", "missing", "version", "cost", "on", "lexicons", "meaning", "source", "off_because",
}  # fmt: skip
_TYPES: Final = ("number", "count", "share", "flag")


@dataclass(frozen=True, slots=True)
class FeatureRef:
    """What a model remembers of a feature that it uses; ``needs`` is as in `Feature`."""

    name: str
    version: int
    lexicon_hash: str
    needs: str = "url"


@dataclass(frozen=True, slots=True)
class Feature:
    """One entry of the contract.

    Attributes
    ----------
    needs
        The least input from which it can be computed: ``url`` (the linking page's URL), ``row`` (an export row with title, anchor and
        counts), ``page`` (the linking page itself) or ``target`` (a property of the link's target alone).
    low, high
        Range of the values, both ends included.
    missing
        When the value is NaN.
    on
        Whether a recipe uses it unless told otherwise.
    cost
        What its time grows with: the ``url`` or ``row`` (next to nothing), the markup and links of the ``page``, all words of its ``text``, or
        those of the ``target``.
    """

    name: str
    family: str
    needs: Needs
    type: str
    low: float
    high: float
    missing: str
    version: int
    on: bool
    meaning: str
    source: str = ""
    lexicons: tuple[str, ...] = ()
    off_because: str = ""
    cost: Cost = "page"


@dataclass(frozen=True)
class Contract:
    """The features of one folder, in the order of its catalogue, and its lexicons."""

    features: tuple[Feature, ...]
    lexicons: Mapping[str, Lexicon] = field(repr=False)
    words: WordWeights = field(repr=False)
    where: str = field(default="features", compare=False)

    @cached_property
    def by_name(self) -> dict[str, Feature]:
        """Features by name."""
        return {feature.name: feature for feature in self.features}

    @property
    def names(self) -> list[str]:
        """Names of every feature, in catalogue order: the feature columns of a link table."""
        return [feature.name for feature in self.features]

    @property
    def on(self) -> list[str]:
        """Names of the features that are on."""
        return [feature.name for feature in self.features if feature.on]

    def needing(self, *needs: Needs) -> list[str]:
        """Names of the features that need one of the given inputs."""
        return [feature.name for feature in self.features if feature.needs in needs]

    @cached_property
    def refs(self) -> dict[str, FeatureRef]:
        """What a model would remember of each feature."""
        return {f.name: FeatureRef(f.name, f.version, self._lexicon_hash(f), f.needs) for f in self.features}

    def _lexicon_hash(self, feature: Feature) -> str:
        if not feature.lexicons:
            return ""
        digest = hashlib.sha256()
        for name in feature.lexicons:
            sha256 = self.words.sha256 if name == WORDS else self.lexicons[name].sha256
            digest.update(f"{name}={sha256}\n".encode())
        return digest.hexdigest()[:16]


def load_contract(folder: str | Path | None = None) -> Contract:
    """Read the contract of a features folder; without one, the shipped contract.

    Raises
    ------
    ContractError
        Where the folder, its catalogue or a lexicon is missing or malformed.
    """
    return _shipped() if folder is None else _read(Path(folder), str(folder))


@lru_cache(maxsize=1)
def _shipped() -> Contract:
    return _read(resource("features"), "features")


def _read(folder: Traversable, where: str) -> Contract:
    catalogue = folder.joinpath("catalogue.toml")
    if not catalogue.is_file():
        message = f"{where}: no catalogue.toml here; `linksift init DIR` writes a complete features folder"
        raise ContractError(message)
    try:
        entries = tomllib.loads(catalogue.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{where}/catalogue.toml: not valid TOML: {error}") from error
    features = tuple(_feature(name, entry, where) for name, entry in entries.items())
    weights = folder.joinpath(f"{WORDS}.npy")
    if not weights.is_file():
        raise ContractError(f"{where}: no {WORDS}.npy here; `linksift init DIR` writes a complete features folder")
    words = WordWeights.decode(weights.read_bytes(), f"{where}/{WORDS}.npy")
    return Contract(features, _lexicons(folder, where, features), words, where)


def _feature(name: str, entry: object, where: str) -> Feature:
    at = f"{where}/catalogue.toml, [{name}]"
    if not isinstance(entry, dict):
        raise ContractError(f"{at}: a table was expected")
    unknown = set(entry) - _KEYS
    if unknown:
        raise ContractError(f"{at}: unknown key {', '.join(sorted(unknown))}; known are {', '.join(sorted(_KEYS))}")
    try:
        low, high = (float(bound) for bound in entry.get("range", (-math.inf, math.inf)))
        feature = Feature(
            name=name,
            family=str(entry["family"]),
            needs=cast("Needs", entry["needs"]),
            type=str(entry["type"]),
            low=low,
            high=high,
            missing=str(entry["missing"]),
            version=int(entry["version"]),
            on=bool(entry.get("on", True)),
            meaning=str(entry["meaning"]),
            source=str(entry.get("source", "")),
            lexicons=tuple(entry.get("lexicons", ())),
            off_because=str(entry.get("off_because", "")),
            cost=cast("Cost", entry.get("cost", "page")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(f"{at}: missing or malformed value: {error}") from error
    known = feature.needs in get_args(Needs) and feature.cost in get_args(Cost) and feature.type in _TYPES
    if not known or not low < high:
        allowed = (
            f"needs one of {get_args(Needs)}, cost one of {get_args(Cost)}, type one of {_TYPES}, range low < high"
        )
        raise ContractError(f"{at}: value out of place; {allowed}")
    return feature


def _lexicons(folder: Traversable, where: str, features: tuple[Feature, ...]) -> dict[str, Lexicon]:
    shelf = folder.joinpath("lexicons")
    lexicons = {}
    for item in sorted(shelf.iterdir(), key=lambda item: item.name) if shelf.is_dir() else []:
        if item.name.endswith(".txt"):
            name = item.name.removesuffix(".txt")
            try:
                lexicons[name] = Lexicon.parse(name, item.read_text(encoding="utf-8"))
            except UnicodeDecodeError as error:
                raise ContractError(f"{where}/lexicons/{item.name}: not UTF-8: {error}") from error
    wanted = {name for feature in features for name in feature.lexicons} - {WORDS}
    absent = sorted(wanted - set(lexicons))
    if absent:
        raise ContractError(f"{where}/lexicons: missing {', '.join(f'{name}.txt' for name in absent)}")
    return lexicons
