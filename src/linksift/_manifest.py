"""The JSON of a model folder: written in one way only, read with suspicion."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from linksift.calibration import Calibration
from linksift.contract import FeatureRef
from linksift.errors import BundleError
from linksift.labels import BASES

FORMAT: Final = "linksift-bundle"
FORMAT_VERSION: Final = 2
SELF_HASH: Final = "sha256_of_this_without_this_field"
REMEDY: Final = "copy the whole folder again from where it came, or train a new model with `linksift train`"

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, eq=False)
class Manifest:
    """What ``bundle.json`` says; see `linksift.bundle.Bundle` for the meaning of each field."""

    name: str
    version: str
    created_by: str
    classes: tuple[str, ...]
    features: tuple[FeatureRef, ...]
    calibration: Mapping[str, Calibration]
    policy: Mapping[str, Any]
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    data_sha256: str
    files: Mapping[str, str]


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def to_json(value: object, where: str) -> bytes:
    """Write JSON: sorted keys, shortest decimal that reads back the same, no NaN, a final newline."""
    try:
        text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
        return (text + "\n").encode()
    except (TypeError, ValueError, RecursionError) as error:
        message = f"{where}: cannot be written as JSON ({error}); use plain str, int, float, list, dict and None"
        raise BundleError(message) from error


def from_json(data: bytes, where: str) -> dict[str, Any]:
    """Read a JSON object; refuse repeated keys, NaN and infinite numbers."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique_keys, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{where}: not the JSON of a linksift model ({error}); {REMEDY}") from error
    return _typed(value, dict, where)


def encode_manifest(manifest: Manifest, where: str) -> bytes:
    """Write ``bundle.json``, sealed with its own hash."""
    fields: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": manifest.name,
        "version": manifest.version,
        "created_by": manifest.created_by,
        "classes": list(manifest.classes),
        "features": [
            {"name": ref.name, "version": ref.version, "lexicon_hash": ref.lexicon_hash, "needs": ref.needs}
            for ref in manifest.features
        ],
        "calibration": {
            basis: {"coef": fitted.coef.tolist(), "intercept": fitted.intercept.tolist()}
            for basis, fitted in manifest.calibration.items()
        },
        "policy": dict(manifest.policy),
        "parameters": dict(manifest.parameters),
        "versions": dict(manifest.versions),
        "data_sha256": manifest.data_sha256,
        "files": dict(manifest.files),
    }
    return to_json({**fields, SELF_HASH: sha256(to_json(fields, where))}, where)


def decode_manifest(data: bytes, where: str) -> Manifest:
    """Read ``bundle.json``: format first, then its seal, then every field."""
    fields = from_json(data, where)
    if fields.get("format") != FORMAT:
        raise BundleError(f"{where}: not the description of a linksift model; name a folder that training wrote")
    if fields.get("format_version") != FORMAT_VERSION:
        raise BundleError(
            f"{where}: format version {fields.get('format_version')!r}, this linksift reads {FORMAT_VERSION}; "
            "install the linksift that `created_by` names, or train the model again"
        )
    _check_seal(fields, data, where)
    fields = {key: value for key, value in fields.items() if key not in {"format", "format_version"}}
    expected = set(Manifest.__dataclass_fields__)
    if set(fields) != expected:
        odd = ", ".join(sorted(set(fields) ^ expected))
        raise BundleError(f"{where}: fields missing or unknown: {odd}; {REMEDY}")
    classes = _distinct(_strings(fields["classes"], f"{where}, classes"), f"{where}, classes")
    return Manifest(
        name=_typed(fields["name"], str, f"{where}, name"),
        version=_typed(fields["version"], str, f"{where}, version"),
        created_by=_typed(fields["created_by"], str, f"{where}, created_by"),
        classes=classes,
        features=_features(fields["features"], f"{where}, features"),
        calibration=_calibrations(fields["calibration"], len(classes), f"{where}, calibration"),
        policy=_typed(fields["policy"], dict, f"{where}, policy"),
        parameters=_typed(fields["parameters"], dict, f"{where}, parameters"),
        versions=_string_map(fields["versions"], f"{where}, versions"),
        data_sha256=_digest(fields["data_sha256"], f"{where}, data_sha256"),
        files={
            name: _digest(value, f"{where}, files, {name}")
            for name, value in _string_map(fields["files"], f"{where}, files").items()
        },
    )


def _check_seal(fields: dict[str, Any], data: bytes, where: str) -> None:
    seal = fields.pop(SELF_HASH, None)
    body = to_json(fields, where)
    # The bytes must be the ones that we would write: otherwise a changed blank would pass unseen.
    if seal != sha256(body) or data != to_json({**fields, SELF_HASH: seal}, where):
        raise BundleError(f"{where}: changed since it was written; {REMEDY}")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key is there twice")
    return fields


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    return value


def _typed(value: object, kind: type[_Kind], where: str) -> _Kind:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BundleError(f"{where}: {kind.__name__} expected, found {type(value).__name__}; {REMEDY}")
    return value


def _strings(value: object, where: str) -> tuple[str, ...]:
    return tuple(_typed(item, str, where) for item in _typed(value, list, where))


def _string_map(value: object, where: str) -> dict[str, str]:
    return {key: _typed(item, str, f"{where}, {key}") for key, item in _typed(value, dict, where).items()}


def _distinct(names: tuple[str, ...], where: str) -> tuple[str, ...]:
    if not names or len(set(names)) != len(names):
        raise BundleError(f"{where}: empty, or a name is there twice; {REMEDY}")
    return names


def _digest(value: object, where: str) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise BundleError(f"{where}: a SHA-256 in 64 hexadecimal digits expected; {REMEDY}")
    return value


def _features(value: object, where: str) -> tuple[FeatureRef, ...]:
    refs = []
    for number, item in enumerate(_typed(value, list, where)):
        at = f"{where}[{number}]"
        fields = _typed(item, dict, at)
        if set(fields) != {"name", "version", "lexicon_hash", "needs"}:
            raise BundleError(f"{at}: name, version, lexicon_hash and needs expected; {REMEDY}")
        name, lexicon_hash = _typed(fields["name"], str, at), _typed(fields["lexicon_hash"], str, at)
        version, needs = _typed(fields["version"], int, at), _typed(fields["needs"], str, at)
        refs.append(FeatureRef(name, version, lexicon_hash, needs))
    _distinct(tuple(ref.name for ref in refs), where)
    return tuple(refs)


def _calibrations(value: object, n_classes: int, where: str) -> dict[str, Calibration]:
    fields = _typed(value, dict, where)
    if set(fields) != set(BASES):
        raise BundleError(f"{where}: one for each of {', '.join(BASES)} expected; {REMEDY}")
    return {basis: _calibration(fields[basis], n_classes, f"{where}, {basis}") for basis in BASES}


def _calibration(value: object, n_classes: int, where: str) -> Calibration:
    fields = _typed(value, dict, where)
    if set(fields) != {"coef", "intercept"}:
        raise BundleError(f"{where}: coef and intercept expected; {REMEDY}")
    coef = [_numbers(row, n_classes, f"{where}, coef") for row in _typed(fields["coef"], list, where)]
    if len(coef) != n_classes:
        raise BundleError(f"{where}, coef: {n_classes} rows expected, found {len(coef)}; {REMEDY}")
    return Calibration(np.array(coef), np.array(_numbers(fields["intercept"], n_classes, f"{where}, intercept")))


def _numbers(value: object, length: int, where: str) -> list[float]:
    # Every number here was written as a float, so an integer is not ours (and may be too long for a float).
    numbers = [_typed(item, float, where) for item in _typed(value, list, where)]
    if len(numbers) != length:
        raise BundleError(f"{where}: {length} numbers expected, found {len(numbers)}; {REMEDY}")
    return numbers
