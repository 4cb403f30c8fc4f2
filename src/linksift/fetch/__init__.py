"""Getting the linking pages: a polite and careful fetcher (docs/fetch.md says why it is made as it is)."""

from linksift.fetch.asked import Asked, AskList, read_asked
from linksift.fetch.outcome import Status
from linksift.fetch.report import Plan
from linksift.fetch.run import fetch, places_of, plan
from linksift.fetch.settings import Settings

__all__ = ["AskList", "Asked", "Plan", "Settings", "Status", "fetch", "places_of", "plan", "read_asked"]
