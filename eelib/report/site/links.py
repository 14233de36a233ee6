"""What a finished site must hold to: no file from the network, no link into nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("video", "src"), ("link", "href"), ("object", "data")}


class _Links(HTMLParser):
    """Collects addresses that a page loads, addresses that it links to, and its own places that a link can lead to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name == "id":
                self.places.add(value)
            elif value and (tag, name) in LOADED:
                self.loaded.append(value)
            elif value and (tag, name) == ("a", "href"):
                self.linked.append(value)


def problems(site: Path) -> list[str]:
    """Every address in a rendered site that needs the network or leads to a missing file or a missing place of a page.

    Args:
        site: Root folder of the site.

    Returns:
        One line per problem, page first; empty when all is well.
    """
    pages = {page.resolve(): _Links(page) for page in sorted(site.rglob("*.html"))}
    found = [f"{page.relative_to(site.resolve())}: {fault}" for page in pages for fault in _faults(page, pages)]
    for sheet in sorted(site.rglob("*.css")):
        addresses = re.findall(r"(?:@import|url\()\s*['\"]?((?:https?:)?//[^'\")\s]+)", sheet.read_text(encoding="utf-8"))
        found += [f"{sheet.relative_to(site)}: loads {address} from the network" for address in addresses]
    return found


def _faults(page: Path, pages: Mapping[Path, _Links]) -> Iterator[str]:
    links = pages[page]
    yield from (f"loads {address} from the network" for address in links.loaded if urlsplit(address).netloc)
    for address in dict.fromkeys(links.loaded + links.linked):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.exists():
            yield f"{address} does not exist"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
            yield f"{address} leads to no place of that page"
