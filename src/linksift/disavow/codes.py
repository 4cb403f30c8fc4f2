"""The defects of a disavow file: their codes, which stay as they are, and how bad each is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

#: An error is outside Google's format, or takes in what cannot be meant; a warning is inside it, and probably not meant;
#: a note does no harm.
Severity = Literal["error", "warning", "note"]

SEVERITIES: Final[Mapping[str, Severity]] = {
    # the file
    "encoding": "error",
    "file-name": "error",
    "too-many-lines": "error",
    "too-large": "error",
    "no-entries": "warning",
    "bom": "warning",
    "line-ends": "note",
    "no-final-newline": "note",
    # the spelling of a line
    "control-character": "error",
    "late-comment": "error",
    "not-an-entry": "error",
    "several-on-a-line": "error",
    "stray-punctuation": "error",
    "outer-space": "note",
    "non-ascii-comment": "note",
    # a domain
    "no-prefix": "error",
    "prefix-case": "error",
    "space-at-colon": "error",
    "no-host": "error",
    "bad-host": "error",
    "url-after-domain": "error",
    "port": "error",
    "wildcard": "error",
    "single-label": "error",
    "public-suffix": "error",
    "private-suffix": "error",
    "own-site": "error",
    "possible-own-site": "warning",
    "unknown-suffix": "warning",
    "ip-address": "warning",
    "unicode-host": "warning",
    "www": "warning",
    "platform": "warning",
    "reputable": "warning",
    # a URL
    "no-scheme": "error",
    "bad-url": "error",
    "long-url": "error",
    "space-in-url": "error",
    "fragment": "warning",
    "unicode-url": "note",
    "one-page": "note",
    # an entry beside the others
    "duplicate": "warning",
    "covered": "warning",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect.

    Attributes
    ----------
    line
        From 1; 0 where it is about the file as a whole.
    code
        One of `SEVERITIES`.
    message
        What is wrong, and what to write instead where that is known.
    """

    line: int
    code: str
    message: str

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return SEVERITIES[self.code]
