"""The least banners in which a field of evidence has a text."""

import re
from collections.abc import Callable
from typing import Any


def answer_with(field: str, text: str) -> dict[str, Any]:
    """Return the least banner in which a field of evidence has a text."""
    if field in _PARSED:
        return {"data": "", **_PARSED[field](text)}
    start = "RTSP/1.0" if field.startswith("rtsp.") else "HTTP/1.1"
    header = {"server": f"Server: {text}", "realm": f'WWW-Authenticate: Basic realm="{text}"'}
    line = header.get(field.partition(".")[2])
    return {"data": f"{start} 401 Unauthorized\r\n{line}\r\n\r\n" if line else text}


def _names_of(text: str) -> dict[str, str]:
    """Return the attributes of a name in a certificate."""
    parts = (part.partition("=") for part in re.split(r",(?=(?:CN|OU|O|L|ST|C)=)", text))
    return {key.strip().upper(): value for key, _, value in parts}


# What the engine parses: where a banner has it.
_PARSED: dict[str, Callable[[str], dict[str, Any]]] = {
    "http.title": lambda text: {"http": {"title": text}},
    "http.html": lambda text: {"http": {"html": text}},
    "http.assets": lambda text: {"http": {"html": text}},
    "http.favicon": lambda text: {"http": {"favicon": {"hash": int(text)}}},
    "product": lambda text: {"product": text},
    "devicetype": lambda text: {"devicetype": text},
    "cpe": lambda text: {"cpe23": text.split()},
    "module": lambda text: {"_shodan": {"module": text}},
    "tags": lambda text: {"tags": text.split()},
    "cert.subject": lambda text: {"ssl": {"cert": {"subject": _names_of(text)}}},
    "cert.issuer": lambda text: {"ssl": {"cert": {"issuer": _names_of(text)}}},
}
