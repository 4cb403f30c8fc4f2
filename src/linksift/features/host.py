"""More features of the linking page's host name (family ``url``; needs ``url``)."""

import math

from linksift.features.scripts import script_shares
from linksift.features.vocabulary import Vocabulary
from linksift.urls import host_of, host_parts

_CLASSIC = frozenset(("com", "net", "org"))


def host_features(url: str | None, vocabulary: Vocabulary) -> dict[str, float]:
    """Measure a host name; empty where the URL is unknown."""
    host = host_of(url)
    if host is None:
        return {}
    cut = host_parts(host)
    label = cut.domain or host
    top = cut.suffix.rsplit(".", 1)[-1]
    is_new = len(top) > 2 and top not in _CLASSIC
    return {
        "url_label_digits": float(sum(map(str.isdigit, label))),
        "url_subdomain_digits": float(sum(map(str.isdigit, cut.subdomain))),
        "url_mixed_script": float(len(script_shares(_shown(label))) > 1),
        "url_seo_new_tld": float(is_new and vocabulary["seo_hosts"].inside(host)),
    }


def country_of(host: str | None) -> str | None:
    """Return the country of a host's top-level domain, None where it names none."""
    top = host_parts(host).suffix.rsplit(".", 1)[-1] if host else ""
    return top if len(top) == 2 and top != "eu" else None


def same_label(left: str | None, right: str | None) -> float:
    """Tell whether two hosts have one registrable label (``example.com``, ``example.de``); NaN where one is unknown."""
    if not left or not right:
        return math.nan
    label = host_parts(left).domain
    return float(bool(label) and label == host_parts(right).domain)


def _shown(label: str) -> str:
    """Return a label as a browser shows it."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
