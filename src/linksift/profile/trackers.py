"""Ids of analytics, advertising and tag accounts in a page's scripts and attributes: one account, one owner."""

import re
from collections.abc import Iterator
from typing import Final

#: What each kind of id is called, and a pattern of which group 1 is the id. A pattern begins with its letters and looks
#: behind them afterwards: that way round it is ten times faster.
_KINDS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        # The property number behind the account's ("UA-12345-6") does not belong to the account.
        ("ua", r"UA-(?<!\wUA-)(\d{4,12})-\d{1,4}\b"),
        ("ga4", r"G-(?<!\wG-)([A-Z0-9]{8,12})\b"),
        ("gtm", r"GTM-(?<!\wGTM-)([A-Z0-9]{4,10})\b"),
        ("ads", r"AW-(?<!\wAW-)(\d{8,12})\b"),
        # A host's id ("ca-host-pub-…") is that of the platform which shows the owner's advertisements.
        ("adsense", r"pub-(?<!\wpub-)(?<!host-pub-)(\d{10,20})\b"),
        ("facebook", r"fbq\(\s{0,9}['\"]init['\"]\s{0,9},\s{0,9}['\"](\d{8,20})"),
        ("tiktok", r"ttq\.load\(\s{0,9}['\"]([A-Z0-9]{15,25})"),
        ("yandex", r"ym\((?<!\wym\()\s{0,9}(\d{5,10})\s{0,9},"),
        ("yandex", r"mc\.yandex\.\w{2,3}/watch/(\d{5,10})"),
        ("hotjar", r"hjid(?<!\whjid)\s{0,9}:\s{0,9}(\d{4,10})"),
        ("clarity", r"clarity\.ms/tag/([a-z0-9]{8,12})"),
        ("baidu", r"hm\.baidu\.com/hm?\.js\?([0-9a-f]{32})"),
        ("51la", r"js\.users\.51\.la/(\d{5,10})"),
        ("cnzz", r"cnzz\.com/(?:z_)?stat\.php\?(?:web_)?id=(\d{5,12})"),
        ("histats", r"Histats\.start['\"]\s{0,9},\s{0,9}['\"]\d+,(\d{4,10})"),
        ("statcounter", r"sc_project(?<!\wsc_project)\s{0,9}=\s{0,9}(\d{4,10})"),
        ("quantcast", r"qacct(?<!\wqacct)['\"]?\s{0,9}:\s{0,9}['\"](p-[\w-]{8,20})"),
        ("amazon", r"amazon\.[a-z.]{2,6}/[^\s\"'<>]{0,300}[?&;]tag=([a-z0-9][a-z0-9-]{2,30}-2\d)\b"),
    )
)
_COUNTING: Final = "12345678901234567890"
#: Ids of blog platforms, which stand on the pages of all their users: WordPress.com and its advertising, Typepad.
_PLATFORM_IDS: Final = frozenset(("ua:52447", "quantcast:p-18-mFEk4J448M", "adsense:3443918307802676", "ua:225723"))


def tracker_ids(code: str) -> frozenset[str]:
    """Find account ids in a page's scripts and attribute values.

    Parameters
    ----------
    code
        Script texts and attribute values, or a whole page's markup.

    Returns
    -------
    frozenset of str
        Ids such as ``ua:12345678`` and ``adsense:1234567890123457``, without those that documentation and themes use
        as examples.

    Examples
    --------
    >>> sorted(tracker_ids("gtag('config', 'G-7Q2LM4K9ZD'); ga('create', 'UA-48151623-2')"))
    ['ga4:7Q2LM4K9ZD', 'ua:48151623']
    """
    return frozenset(_found(code)) - _PLATFORM_IDS


def _found(code: str) -> Iterator[str]:
    for name, pattern in _KINDS:
        for value in pattern.findall(code):
            if not _is_example(value):
                yield f"{name}:{value}"


def _is_example(value: str) -> bool:
    """Tell whether an id is a stand-in: ``XXXXXXXX``, ``0000000``, ``12345678``."""
    return len(set(value)) <= 2 or value in _COUNTING
