"""What a finished site must hold to: no file from the network, no link into nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("video", "src"), ("link", "href"), ("object", "data")}


class _Links(HTMLParser):
    """Collects addresses that a page loads and addresses that it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (tag, name) in LOADED:
                self.loaded.append(value)
            elif value and (tag, name) == ("a", "href"):
                self.linked.append(value)


def problems(site: Path) -> list[str]:
    """Every address in a rendered site that needs the network or leads to a missing file.

    Args:
        site: Root folder of the site.

    Returns:
        One line per problem, page first; empty when all is well.
    """
    found = [line for page in sorted(site.rglob("*.html")) for line in _of_page(page, site)]
    for sheet in sorted(site.rglob("*.css")):
        addresses = re.findall(r"(?:@import|url\()\s*['\"]?((?:https?:)?//[^'\")\s]+)", sheet.read_text(encoding="utf-8"))
        found += [f"{sheet.relative_to(site)}: loads {address} from the network" for address in addresses]
    return found


def _of_page(page: Path, site: Path) -> list[str]:
    links = _Links()
    links.feed(page.read_text(encoding="utf-8"))
    found = [f"{page.relative_to(site)}: loads {address} from the network" for address in links.loaded if urlsplit(address).netloc]
    for address in dict.fromkeys(links.loaded + links.linked):
        parts = urlsplit(address)
        if not parts.scheme and not parts.netloc and parts.path and not (page.parent / unquote(parts.path)).exists():
            found.append(f"{page.relative_to(site)}: {address} does not exist")
    return found
