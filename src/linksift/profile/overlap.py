"""Complete-hyperlink overlap: pages of unrelated sites that carry the same links with the same anchors.

Anchor and target together are one token (Wu & Davison, "Undue influence: eliminating the impact of link plagiarism on
web search rankings", 2006). Two pages rarely agree in several tokens by chance; copies and the pages of a link farm do.
"""

from typing import Final

import numpy as np

from linksift.profile.counting import MIN_SITES, FloatArray, count_distinct, distinct_members, group_codes, per_row
from linksift.profile.digest import Digest
from linksift.profile.minhash import signatures
from linksift.profile.neighbours import similar_pairs

#: A page with fewer tokens says nothing: one link with the site's name as anchor is what many have.
MIN_TOKENS: Final = 3
#: Sites besides the page's own that must have a token before it counts as shared.
MIN_OTHERS: Final = 2
#: A lower likeness of two pages counts as none.
LEAST_JACCARD: Final = 0.5
_BANDS: Final = 32


def hyperlink_overlap(digest: Digest) -> tuple[FloatArray, FloatArray]:
    """Measure how far the outbound links of each link's page are those of other sites' pages.

    Links to platforms do not count (every page has its share buttons), nor do those to the page's own site.

    Returns
    -------
    share : ndarray of float, shape (n,)
        Of the page's tokens, those that pages of at least `MIN_OTHERS` other sites have.
    jaccard : ndarray of float, shape (n,)
        Highest estimated Jaccard similarity with a page of another site; 0 below `LEAST_JACCARD`.
        Both are NaN for a page with fewer than `MIN_TOKENS` tokens, and everywhere with fewer than `MIN_SITES` sites
        that have such pages.
    """
    page, token, site = _distinct_tokens(digest)
    n_pages = int(digest.page.max(initial=-1)) + 1
    n_tokens = np.bincount(page, minlength=n_pages)
    enough = n_tokens >= MIN_TOKENS
    if count_distinct(site[enough[page]]) < MIN_SITES:
        nothing = np.full(len(digest), np.nan)
        return nothing, nothing.copy()
    shared = distinct_members(token, site) > MIN_OTHERS
    with np.errstate(invalid="ignore"):
        share = np.where(enough, np.bincount(page, weights=shared, minlength=n_pages) / n_tokens, np.nan)
    jaccard = np.full(n_pages, np.nan)
    jaccard[enough] = _best_jaccard(page[enough[page]], token[enough[page]], site[enough[page]])
    return per_row(digest.page, share), per_row(digest.page, jaccard)


def _distinct_tokens(digest: Digest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return page, token and site of each distinct pair of page and token, in the order of the pages."""
    token = group_codes(digest.anchor, digest.target)
    counts = (digest.page >= 0) & (token >= 0) & (digest.site >= 0)
    counts &= ~digest.to_platform & ~digest.internal
    width = int(token.max(initial=0)) + 1
    pairs, first = np.unique(digest.page[counts].astype(np.int64) * width + token[counts], return_index=True)
    return pairs // width, pairs % width, digest.site[counts][first]


def _best_jaccard(page: np.ndarray, token: np.ndarray, site: np.ndarray) -> FloatArray:
    """Return the highest similarity with another site's page, for each distinct page in order."""
    if not len(page):
        return np.empty(0)
    _, starts = np.unique(page, return_index=True)
    values = signatures(token.astype(np.uint64), starts)
    return similar_pairs(values, site[starts], bands=_BANDS, threshold=LEAST_JACCARD).best(site[starts])
