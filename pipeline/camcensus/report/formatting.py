"""How pages write numbers and addresses."""

import re

from markupsafe import Markup, escape

MINUS = "\N{MINUS SIGN}"
MISSING = "n/a"
HIDDEN = "\N{EN DASH}"
_LINK = re.compile(r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/%-]*)?")
_SITE = re.compile(r"https?://(?:www\.)?([A-Za-z0-9.-]+)(?:/[A-Za-z0-9._~/%=?&;:-]*)?")


def number(n: float | None, decimals: int = 0) -> str:
    """Format 1,234.5, or n/a."""
    return MISSING if n is None else f"{n:,.{decimals}f}"


def shown(n: int | None) -> str:
    """Format 1,234, or a dash for what may not be shown."""
    return HIDDEN if n is None else f"{n:,}"


def signed(n: int | None) -> str:
    """Format +12, minus 3, 0, or n/a."""
    return MISSING if n is None else f"{n:+,}".replace("-", MINUS) if n else "0"


def percent(n: float | None) -> str:
    """Format +1.2%, 0%, or n/a."""
    return MISSING if n is None else f"{n:+,.1f}%".replace("-", MINUS) if n else "0%"


def rate(n: float | None) -> str:
    """Format 1,234.5; <0.1 for less, but not nothing; or n/a."""
    text = number(n, 1)
    return text if text != "0.0" else "<0.1" if n else "0"


def share(n: float | None) -> str:
    """Format 12.3% of a part between 0 and 1, or n/a."""
    return MISSING if n is None else f"{100 * n:.1f}%"


def plain(text: str) -> str:
    """Return text that Markdown shows as it is: one line, without mark-up, nothing turns its direction."""
    one_line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return re.sub(r"([\\`*_\[\]|<>&#~])", r"\\\1", one_line)


def site(text: str) -> Markup:
    """Return a link named by its site alone where the text is an address; else the text, escaped."""
    found = _SITE.fullmatch(text)
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(text, found[1]) if found else escape(text)


def linked(text: str) -> Markup:
    """Return plain text with its https addresses as links, all else escaped."""
    parts, end = [], 0
    for match in _LINK.finditer(text):
        address = match.group().rstrip(".;:,")
        parts += [escape(text[end : match.start()]), Markup('<a href="{0}">{0}</a>').format(address)]
        end = match.start() + len(address)
    return Markup("").join([*parts, escape(text[end:])])
