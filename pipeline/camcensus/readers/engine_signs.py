"""Recognise whose export a file is, by field names that only one engine's exports have.

Only for messages: what is read is decided by the source that the analyst names. Names lead inwards with dots, through
the first element of a list. Sources: the mappings in `data/mappings`; names of other engines are from general knowledge
and were compared with no document.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

DEPTH = 4
MOST_NAMES = 2_000


class Sign(NamedTuple):
    """An engine's format: its title, the `--source` that reads it (None: no shipped one does), and sets of names.

    A file has the sign if it has every name of one set.
    """

    title: str
    source: str | None
    names: tuple[frozenset[str], ...]


def _sign(title: str, source: str | None, *names: str) -> Sign:
    return Sign(title, source, tuple(frozenset(one.split()) for one in names))


# The first that fits is named, so formats with more telling names come first.
SIGNS = (
    _sign("Onyphe", None, "@category @timestamp", "results.@category"),
    _sign("BinaryEdge", None, "events.origin events.target", "origin.ts target.ip"),
    _sign("LeakIX", None, "event_type event_source", "event_fingerprint"),
    _sign("Shodan", "shodan", "_shodan", "ip_str timestamp", "ip_str port", "matches.ip_str", "data.ip_str",
          "data._shodan"),
    _sign("ZoomEye (its API before version 2)", None, "portinfo geoinfo", "matches.portinfo", "portinfo"),
    _sign("ZoomEye", "zoomeye", "data.update_time", "update_time ip", "header.server.name", "data.header.server.name"),
    _sign("Censys Platform", "censys", "host_v1", "result.hits.host_v1", "result.resource", "services.scan_time",
          "services.endpoints", "services.port services.protocol autonomous_system"),
    _sign("Censys Legacy Search", "censys-legacy", "services.service_name", "result.services.service_name",
          "result.hits.services", "services.extended_service_name"),
    _sign("Censys Search version 1", None, "metadata.backend_time results", "autonomous_system protocols ports"),
    _sign("FOFA", "fofa", "required_fpoints", "consumed_fpoint", "lastupdatetime", "results.lastupdatetime",
          "mode query results size", "as_organization base_protocol"),
    _sign("Netlas", "netlas", "prot7", "data.prot7", "data.isp data.uri", "items.data.prot7", "last_updated prot4"),
    _sign("Netlas (domains, not responses)", None, "data.domain", "data.a data.domain"),
    _sign("Hunter.how", None, "data.list.ip", "data.arr", "data.list.port"),
    _sign("Quake", None, "data.service.name data.hostname", "service.name components asn"),
    _sign("masscan", None, "ip ports.port ports.proto", "ports.ttl", "ports.reason"),
    _sign("ZGrab", None, "ip data.http.status", "ip data.tls.status", "ip data.banner.status", "data.http.result"),
    _sign("ZMap", None, "saddr", "saddr daddr"),
)  # fmt: skip
# What text that is no JSON begins with, after white space, in lower case.
_BEGINNINGS = (
    (b"<?xml", "XML, such as nmap's or masscan's"),
    (b"<nmaprun", "XML of nmap"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"# nmap", "a text report of nmap"),
    (b"# masscan", "a list of masscan"),
    (b"#masscan", "a list of masscan"),
    (b"\x1f\x8b", "compressed with gzip; end its name in .gz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; end its name in .zst"),
    (b"pk\x03\x04", "a zip archive or an Excel file; save it as CSV or JSON lines"),
    (b"par1", "a Parquet file"),
    (b"sqlite format 3", "an SQLite database"),
    (b"%pdf", "a PDF file"),
)


def names_in(value: Any) -> set[str]:
    """Return the names of fields in decoded JSON, with dots, some levels deep."""
    names: set[str] = set()
    pending = [(value, "", 0)]
    while pending and len(names) < MOST_NAMES:
        found, before, depth = pending.pop()
        inner = found[0] if isinstance(found, list) and found else found
        if isinstance(inner, dict) and depth < DEPTH:
            names.update(f"{before}{name}" for name in inner)
            pending += [(below, f"{before}{name}.", depth + 1) for name, below in inner.items()]
    return names


def sign_of(names: Iterable[str]) -> Sign | None:
    """Return the engine whose names of fields these are."""
    found = set(names)
    return next((sign for sign in SIGNS if any(one <= found for one in sign.names)), None)


def kind_of(start: bytes) -> str | None:
    """Return what text or bytes are that are no JSON, by their beginning."""
    beginning = start.lstrip()[:64].lower()
    return next((kind for mark, kind in _BEGINNINGS if beginning.startswith(mark)), None)
