"""Language and script of a page, and the stop words of its language (family ``language``; needs ``page``)."""

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import justext
from resiliparse.parse.lang import detect_fast

from linksift.features.scripts import main_script, script_shares
from linksift.text import ratio

#: Names of jusText's stop word lists, by the codes of resiliparse's language detection.
_STOP_LISTS: Final = {
    "af": "Afrikaans", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali",
    "br": "Breton", "ca": "Catalan", "cs": "Czech", "cv": "Chuvash", "cy": "Welsh", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "eo": "Esperanto", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "fy": "West_Frisian", "ga": "Irish", "gl": "Galician", "gu": "Gujarati",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian",
    "is": "Icelandic", "it": "Italian", "jv": "Javanese", "ka": "Georgian", "kk": "Kazakh", "kn": "Kannada",
    "ko": "Korean", "ku": "Kurdish", "ky": "Kyrgyz", "la": "Latin", "lb": "Luxembourgish", "lt": "Lithuanian",
    "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mr": "Marathi", "mt": "Maltese", "ne": "Nepali",
    "nl": "Dutch", "no": "Norwegian_Bokmal", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili",
    "ta": "Tamil", "te": "Telugu", "tk": "Turkmen", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "uz": "Uzbek", "vi": "Vietnamese", "vo": "Volapuk",
}  # fmt: skip
_MIN_CHARS: Final = 200
_MAX_CHARS: Final = 10_000
# Codes that name one language in two ways, or two that the detector does not tell apart.
_SAME: Final = {"nb": "no", "nn": "no", "in": "id", "iw": "he", "bs": "hr", "sr": "hr", "sh": "hr", "ms": "id"}


def detect_language(text: str) -> tuple[str | None, float]:
    """Return the language of a text and the detector's distance (smaller is surer); None and NaN below 200 characters."""
    if len(text) < _MIN_CHARS:
        return None, math.nan
    found, distance = detect_fast(text[:_MAX_CHARS].encode("utf-8", "ignore").decode())
    return (None, math.nan) if found == "unknown" else (str(found), float(distance))


def same_language(left: str | None, right: str | None) -> bool | None:
    """Tell whether two language codes name one language; None where one of them is unknown."""
    if not left or not right:
        return None
    left, right = (code.lower().replace("_", "-").split("-")[0] for code in (left, right))
    return _SAME.get(left, left) == _SAME.get(right, right)


@lru_cache(maxsize=128)
def stop_words(language: str) -> frozenset[str]:
    """Return jusText's stop words of a language, case-folded; empty where it has none."""
    name = _STOP_LISTS.get(language)
    return frozenset(word.casefold() for word in justext.get_stoplist(name)) if name else frozenset()


@dataclass(frozen=True, slots=True)
class Language:
    """Language of a text with the detector's distance, and the shares of its scripts."""

    code: str | None
    distance: float
    scripts: dict[str, float]

    @property
    def script(self) -> str | None:
        """Script of most letters."""
        return max(self.scripts, key=lambda name: (self.scripts[name], name)) if self.scripts else None


def read_language(text: str) -> Language:
    """Tell language and scripts of a text."""
    return Language(*detect_language(text), script_shares(text))


def language_features(language: Language, words: Counter[str], declared: str | None, title: str) -> dict[str, float]:
    """Measure language and script.

    Parameters
    ----------
    words
        Words of the page's visible text.
    declared
        What the page's ``lang`` attribute says.
    """
    agrees = same_language(language.code, declared)
    listed = stop_words(language.code) if language.code else frozenset()
    own, of_title = language.script, main_script(title)
    hits = words.keys() & listed
    return {
        "lang_distance": language.distance,
        "lang_differs": math.nan if agrees is None else float(not agrees),
        "lang_stop_words": ratio(sum(words[word] for word in hits), words.total()) if listed else math.nan,
        "lang_stop_distinct": float(len(hits)) if listed else math.nan,
        "lang_stop_coverage": ratio(len(hits), len(listed)),
        "script_latin": language.scripts.get("latin", 0.0) if own else math.nan,
        "script_main_share": language.scripts[own] if own else math.nan,
        "script_title_differs": math.nan if own is None or of_title is None else float(own != of_title),
    }
