"""Tell the protocol of an answer from its own text; the engine's module decides only where the text says nothing."""

import re
from collections.abc import Callable
from typing import Literal

Protocol = Literal["http", "rtsp", "sip", "ssdp", "upnp", "onvif", "dhip", "ftp", "telnet", "snmp"]

READ = 4096  # characters of an answer that are searched for marks of its protocol
NEAR = 512  # characters of a greeting
LONGEST_PROMPT = 2048  # characters; what is longer is not a greeting that ends with a prompt
_BY_START: dict[str, Protocol] = {
    "RTSP/": "rtsp", "HTTP/": "http", "SIP/2": "sip", "NOTIF": "ssdp", "M-SEA": "ssdp",
}  # fmt: skip
_BY_MODULE: tuple[tuple[str, Protocol], ...] = (
    ("http", "http"), ("ftp", "ftp"), ("telnet", "telnet"), ("snmp", "snmp"), ("sip", "sip"),
)  # fmt: skip
_SIP_REQUEST = re.compile(r"[A-Z]{3,9} sips?:")
_PAGE = re.compile(r"<(?:!doctype\s{1,8}html|html|head|body|meta|title)\b", re.IGNORECASE)
_FTP_REPLY = re.compile(r"^220[ -]", re.MULTILINE)
# A word of FTP, not a part of a host's name.
_FTP_WORD = re.compile(r"(?<![\w.-])\w{0,16}ftp\w{0,16}\b(?![\w-]{0,64}\.[a-z])", re.IGNORECASE)
_MAIL = re.compile(r"\bE?SMTP\b", re.IGNORECASE)
_OBJECT = r"(?:(?:iso|\.?1)\.3\.6\.1\.2\.1\.1\.1\.0|(?:SNMPv2-MIB::|snmp-)?sysDescr(?:\.0)?)"
_DESCRIPTION = re.compile(
    rf"^[ \t|_]{{0,8}}{_OBJECT}[ \t]{{0,8}}[:=][ \t]{{0,8}}(?:STRING:[ \t]{{0,8}})?(?P<text>[^\0]{{1,1024}})",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT_OBJECT = re.compile(r"[\r\n][ \t|_]{0,8}(?:(?:iso|\.?1)\.3\.|SNMPv2-MIB::|snmp-|sys[A-Z])")
# Telnet's negotiation begins with the byte 255 (IAC). Exports write it as a character, as an escape, or, where they
# take it for bad UTF-8, as the mark of a lost character.
_NEGOTIATED = re.compile(
    r"\xff(?:\xfa[^\xff]{0,64}\xff\xf0|[\xfb-\xfe][\0-\xff]|[\xf0-\xf9])"
    r"|\\xff\\xf[b-e](?:\\x[0-9a-f]{2}|\\[tnr]|[ -~])"
    r"|\ufffd\ufffd[\x01\x03\x05\x18\x1f !#$%&']"
)
_NEGOTIATION = re.compile(r"\xff[\xfb-\xfe]|\\xff\\xf[b-e]|\ufffd\ufffd[\x01\x03\x05\x18\x1f]")
_PROMPT = re.compile(r"(?:^|[\s(])(?:login|user ?name|user|password|account|passwd)[ \t]?[:>]\s{0,8}\Z", re.IGNORECASE)
# What each other protocol writes near the start of an answer, the surest first.
_MARKS: tuple[tuple[Protocol, Callable[[str], object]], ...] = (
    ("dhip", lambda start: "DHIP" in start[:64]),
    ("onvif", lambda start: "onvif://" in start or ("<" in start and "ProbeMatch" in start)),
    ("upnp", lambda start: "<" in start and "urn:schemas-upnp-org:device" in start),
    ("sip", _SIP_REQUEST.match),
    ("http", lambda start: _PAGE.match(start.lstrip())),
    ("snmp", lambda start: ("3.6.1.2.1.1.1.0" in start or "sysdescr" in start.lower()) and _DESCRIPTION.search(start)),
)


def protocol_of(text: str, module: str, port: object) -> Protocol | None:
    """Return the protocol of an answer; None: not one that is read."""
    if found := _BY_START.get(text[:5]):
        return found
    if found := _by_marks(text[:READ], port) or _by_prompt(text):
        return found
    return next((protocol for name, protocol in _BY_MODULE if module.startswith(name)), None)


def _by_marks(start: str, port: object) -> Protocol | None:
    found = next((protocol for protocol, is_marked in _MARKS if is_marked(start)), None)
    return found or ("ftp" if _is_ftp(start[:NEAR], port) else None)


def _is_ftp(greeting: str, port: object) -> bool:
    is_reply = "220" in greeting and _FTP_REPLY.search(greeting) and not _MAIL.search(greeting)
    return bool(is_reply and (port == 21 or _FTP_WORD.search(greeting)))


def _by_prompt(text: str) -> Protocol | None:
    if _NEGOTIATION.match(text.lstrip()[:8]):
        return "telnet"
    return "telnet" if len(text) <= LONGEST_PROMPT and _PROMPT.search(text[-64:]) else None


def without_negotiation(text: str) -> str:
    """Return a telnet greeting without the bytes that negotiate options."""
    return _NEGOTIATED.sub("", text[:READ])


def description_in(text: str) -> str:
    """Return the system description of an SNMP answer: the value of its object if objects are named, else all of it."""
    if not (found := _DESCRIPTION.search(text[:READ])):
        return text
    return _NEXT_OBJECT.split(found["text"], maxsplit=1)[0].strip().strip('"')
