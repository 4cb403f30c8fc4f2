"""Plain reasons: which features make one reason and how it is worded, as ``features/reasons.toml`` says."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from linksift._resources import resource
from linksift.contract import Contract, Feature
from linksift.errors import ContractError
from linksift.labels import CLASSES, Label

FILE: Final = "reasons.toml"
#: Family under which a reason takes whatever no other reason lists.
REST: Final = "*"
#: Columns of a link table that a reason may quote.
QUOTED: Final = ("page_url", "title", "target_url", "anchor")


@dataclass(frozen=True, slots=True)
class Practice:
    """What Google names: in our own words, and where Google describes it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """What to say of a link where one of the signs is seen on it.

    Attributes
    ----------
    classes
        The classes for which it speaks.
    high, low
        Features that have to be "yes" or clearly above the usual, "no" or clearly below.
    practice
        Shown where the sentence speaks for harmful.
    """

    classes: tuple[str, ...]
    text: str
    high: tuple[str, ...] = ()
    low: tuple[str, ...] = ()
    practice: Practice | None = None


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One plain reason.

    Attributes
    ----------
    about
        What its features look at; makes a sentence where none of `says` fits.
    shows
        The column of the link table that it quotes, or empty.
    """

    code: str
    about: str
    shows: str = ""
    families: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    says: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class ReasonCodes:
    """The reasons of one features folder, in the order of the file.

    Attributes
    ----------
    wording
        How a feature is called in the evidence, where not by its meaning.
    """

    codes: tuple[ReasonCode, ...]
    wording: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _by_feature(self) -> dict[str, int]:
        return {name: at for at, code in enumerate(self.codes) for name in code.features}

    @cached_property
    def _by_family(self) -> dict[str, int]:
        return {name: at for at, code in enumerate(self.codes) for name in code.families}

    def position(self, feature: Feature) -> int:
        """Return the place in `codes` of the one reason to which a feature belongs."""
        named = self._by_feature.get(feature.name)
        return self._by_family.get(feature.family, self._by_family[REST]) if named is None else named

    def code_of(self, feature: Feature) -> str:
        """Return the code of the one reason to which a feature belongs."""
        return self.codes[self.position(feature)].code

    def name(self, feature: Feature) -> str:
        """Return how a feature is called in the evidence: begins in lower case."""
        worded = self.wording.get(feature.name, feature.meaning)
        return worded if worded[1:2].isupper() else worded[:1].lower() + worded[1:]


def load_reasons(contract: Contract, folder: str | Path | None = None) -> ReasonCodes:
    """Read ``reasons.toml`` of a features folder; without one, the shipped file.

    Names of features that the contract does not hold are left alone: an own catalogue may lack some.

    Raises
    ------
    ContractError
        Where the file is missing or malformed, a feature or family stands in two reasons, no reason takes the rest, or a sign belongs to
        another reason than its sentence.
    """
    place = (resource("features") if folder is None else Path(folder)).joinpath(FILE)
    where = f"{'features' if folder is None else folder}/{FILE}"
    if not place.is_file():
        raise ContractError(f"{where}: missing; `linksift init DIR` writes a complete features folder")
    try:
        data = tomllib.loads(place.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{where}: not valid TOML: {error}") from error
    _only(data, ("reasons", "practices", "wording"), where)
    practices = {
        name: Practice(*_texts(entry, ("text", "url"), f"{where}, [practices.{name}]"))
        for name, entry in _table(data, "practices", where).items()
    }
    entries = _table(data, "reasons", where)
    codes = tuple(_code(name, entry, practices, f"{where}, [reasons.{name}]") for name, entry in entries.items())
    wording = _table(data, "wording", where)
    reasons = ReasonCodes(
        codes, dict(zip(wording, _texts(wording, tuple(wording), f"{where}, [wording]"), strict=True))
    )
    _check(reasons, contract, where)
    return reasons


def _code(name: str, entry: object, practices: Mapping[str, Practice], where: str) -> ReasonCode:
    if not isinstance(entry, dict):
        raise ContractError(f"{where}: a table was expected")
    _only(entry, ("about", "shows", "families", "features", "says"), where)
    (about,) = _texts(entry, ("about",), where)
    shows = entry.get("shows", "")
    if shows not in ("", *QUOTED):
        raise ContractError(f"{where} shows: {shows!r} is none of {', '.join(QUOTED)}")
    says = entry.get("says", [])
    if not isinstance(says, list):
        raise ContractError(f"{where} says: a list of tables was expected")
    sentences = tuple(_sentence(item, practices, f"{where} says {number}") for number, item in enumerate(says, 1))
    return ReasonCode(name, about, shows, _names(entry, "families", where), _names(entry, "features", where), sentences)


def _sentence(entry: object, practices: Mapping[str, Practice], where: str) -> Sentence:
    if not isinstance(entry, dict):
        raise ContractError(f"{where}: a table was expected")
    _only(entry, ("classes", "text", "high", "low", "practice"), where)
    (text,) = _texts(entry, ("text",), where)
    classes, high, low = (_names(entry, key, where) for key in ("classes", "high", "low"))
    if not classes or set(classes) - set(CLASSES):
        raise ContractError(f"{where} classes: some of {', '.join(CLASSES)} were expected")
    if not high and not low:
        raise ContractError(f"{where}: names no sign; list features under `high` or `low`")
    practice = entry.get("practice")
    if practice is not None and (practice not in practices or Label.HARMFUL not in classes):
        raise ContractError(f"{where} practice: {practice!r} stands not under [practices], or the class is not harmful")
    return Sentence(classes, text, high, low, None if practice is None else practices[practice])


def _check(reasons: ReasonCodes, contract: Contract, where: str) -> None:
    for key in ("features", "families"):
        listed = [name for code in reasons.codes for name in getattr(code, key)]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise ContractError(f"{where}: {key} in more than one reason, or twice in one: {', '.join(twice)}")
    if not any(REST in code.families for code in reasons.codes):
        raise ContractError(f'{where}: no reason takes the rest; give one of them the family "{REST}"')
    for code in reasons.codes:
        signs = {name for says in code.says for name in (*says.high, *says.low)} & set(contract.by_name)
        foreign = sorted(name for name in signs if reasons.code_of(contract.by_name[name]) != code.code)
        if foreign:
            raise ContractError(f"{where}, [reasons.{code.code}]: signs of another reason: {', '.join(foreign)}")


def _only(entry: Mapping[str, object], known: Collection[str], where: str) -> None:
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise ContractError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(known)}")


def _table(data: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise ContractError(f"{where}, [{key}]: a table was expected")
    return table


def _texts(entry: object, keys: Sequence[str], where: str) -> list[str]:
    found = [entry.get(key) if isinstance(entry, dict) else None for key in keys]
    texts = [value for value in found if isinstance(value, str) and value.strip()]
    if len(texts) < len(keys):
        raise ContractError(f"{where}: a text was expected for each of {', '.join(keys)}")
    return texts


def _names(entry: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    names = entry.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ContractError(f"{where} {key}: a list of names was expected")
    return tuple(names)
