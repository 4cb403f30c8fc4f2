"""Features of the linking page's URL alone (family ``url``)."""

import math
import re
from collections import Counter
from typing import Final

from linksift.features.vocabulary import TRADES, Vocabulary
from linksift.text import tokens
from linksift.urls import host_parts, is_ip, split_url
from linksift.words import url_words

_INSTITUTIONS: Final = frozenset(("edu", "gov", "mil", "ac", "int"))
_CLASSIC: Final = frozenset(("com", "net", "org"))
_DATE = re.compile(r"/(?:19|20)\d\d[/-](?:0?[1-9]|1[0-2])(?:[/-]|$)")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]+")
_VOWELS: Final = frozenset("aeiouy")
_WORDS = re.compile(r"[^\W_]+")
_PATHS: Final = ("forum", "profile", "directory", "tag", "comment", "article")


def url_features(url: str | None, vocabulary: Vocabulary) -> dict[str, float]:
    """Measure a URL.

    Returns
    -------
    dict
        Every feature of the family ``url``; empty where the URL is unknown or no http(s) URL (all of them are then NaN).
    """
    parts = split_url(url) if url else None
    if parts is None or parts.hostname is None:
        return {}
    host = parts.hostname.rstrip(".").lower()
    cut = host_parts(host)
    label = cut.domain or host
    name = label.replace("-", "")
    top = cut.suffix.rsplit(".", 1)[-1]
    path = parts.path.lower()
    segments = [segment for segment in path.split("/") if segment]
    last = segments[-1].rsplit(".", 1)[0] if segments else ""
    path_words = _WORDS.findall(f"{path} {parts.query.lower()}".replace("_", " ").replace("%20", " "))
    n_digits = sum(map(str.isdigit, host))
    features = {
        "url_host_length": len(host),
        "url_label_length": len(label),
        "url_host_labels": host.count(".") + 1,
        "url_subdomain_length": len(cut.subdomain.removeprefix("www").strip(".")),
        "url_host_digits": n_digits,
        "url_host_hyphens": host.count("-"),
        "url_host_vowels": sum(char in _VOWELS for char in name) / len(name) if name else math.nan,
        "url_host_consonant_run": max(map(len, _CONSONANTS.findall(name)), default=0),
        "url_host_entropy": _char_entropy(name),
        "url_length": len(url or ""),
        "url_depth": len(segments),
        "url_is_home": not segments and not parts.query,
        "url_query_params": parts.query.count("=") if parts.query else 0,
        "url_path_digits": sum(map(str.isdigit, path)) / len(path) if path else 0.0,
        "url_slug_words": len([word for word in re.split(r"[-_+]|%20", last) if word]),
        "url_longest_token": max(map(len, path_words), default=0),
        "url_has_date": bool(_DATE.search(path)),
        "url_is_https": parts.scheme.lower() == "https",
        "url_is_ip": is_ip(host),
        "url_is_punycode": "xn--" in host,
        "url_has_port": parts.port is not None,
        "url_private_suffix": cut.is_private_suffix,
        "url_tld_classic": top in _CLASSIC,
        "url_tld_country": len(top) == 2,
        "url_tld_new": len(top) > 2 and top not in _CLASSIC and top not in _INSTITUTIONS,
        "url_institution": bool(_INSTITUTIONS.intersection(cut.suffix.split("."))),
        "url_platform": vocabulary.is_platform(host),
        "url_seo_host": vocabulary["seo_hosts"].inside(host),
        "url_redirector": vocabulary["redirectors"].any(path_words),
    }
    features |= {f"url_path_{kind}": vocabulary[f"path_{kind}"].any(path_words) for kind in _PATHS}
    host_words = tokens(host.replace("-", " ").replace(".", " "))
    features["url_host_trade"] = sum(
        vocabulary[trade].inside(host) or vocabulary[trade].any(host_words) for trade in TRADES
    )
    features["url_path_trade"] = sum(
        vocabulary[trade].inside(path) or vocabulary[trade].any(path_words) for trade in TRADES
    )
    words = url_words(url or "")
    features |= vocabulary.words("host", words) | vocabulary.words("path", words)
    return {key: float(value) for key, value in features.items()}


def _char_entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) + 0.0 if text else math.nan
