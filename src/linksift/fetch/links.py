"""Whether a page still links to where it is said to link."""

from collections.abc import Iterable
from urllib.parse import urljoin

from linksift.page import Limits, PageError, parse_page
from linksift.urls import host_of, page_key


def count_found(html: bytes, url: str, targets: Iterable[str]) -> int | None:
    """Return how many of the targets a page links to, in its HTML as it came (no script is run).

    Addresses are compared as `linksift predict` compares them. None where there is no target, or the page cannot be parsed.
    """
    wanted = {page_key(target) for target in targets}
    if not wanted:
        return None
    try:
        root = parse_page(html, Limits())
    except PageError:
        return None
    # Most links go elsewhere; the host of a target stands in every link to it that is not relative.
    hosts = [host.removeprefix("www.") for target in wanted if (host := host_of(f"http://{target}"))]
    base = urljoin(url, next((str(tag.get("href") or "") for tag in root.iter("base")), ""))
    found = set()
    for link in root.iter("a", "area"):
        href = (link.get("href") or "").strip()
        if href and any(host in href.lower() or host in base.lower() for host in hosts):
            found.add(page_key(_joined(base, href)))
    return len(found & wanted)


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:
        return href
