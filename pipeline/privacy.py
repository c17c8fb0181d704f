"""What must never reach a table: names of people, devices and channels, DDNS hosts, inner addresses.

Whole fields of Shodan's layout that are personal are simply never read (see `banner.py`). What is left is text in
which a page or a protocol repeats them: `scrub` takes the value out and leaves the name of the field.
"""

import re
from functools import lru_cache

GONE = "[removed]"

# A field whose value is personal, in JSON (also inside a string), JavaScript, XML, HTML or a text such as "Name: x".
# Every repeat is bounded, and none can be matched in two ways, so no text makes it slow. The look ahead, at the first
# letters of the names, halves the time.
_NAMES = (
    r"(?:(?:user|device|channel|machine|alias|host|owner)[ _-]?names?|alias|ddns[\w-]{0,32}|e-?mail\w{0,32}|password"
    r"|login[ _-]?name|user[ _-]?info|ip[ _-]?addr(?:ess(?:es)?)?)"
)
_FIELD = re.compile(
    rf"""(?ix) (?=[acdehilmopu]) (?P<name>{_NAMES})\b
    (?P<sep> \\?["']? \s{{0,4}} [:=>] \s{{0,4}} (?:<!\[CDATA\[)?
        | \s[^<>]{{0,128}}> (?:<!\[CDATA\[)?
        | ["']\s[^<>]{{0,128}}?\bvalue\s{{0,4}}=\s{{0,4}} )
    (?: \\"[^"\\]{{0,2048}}(?:\\")?
        | "(?:[^"\\]|\\.){{0,2048}}+"?
        | '(?:[^'\\]|\\.){{0,2048}}+'?
        | \[(?:"(?:[^"\\]|\\.){{0,512}}+"?|[^\]"]){{0,2048}}+\]?
        | \{{[^}}]{{0,2048}}\}}?
        | [^\s<>,;&"'\]}}]{{1,256}} [^\r\n<>,;&"'\]}}]{{0,256}} (?:,\ [^\r\n<>,;:=&"'\]}}]{{1,64}}(?=[\r\n<]|\Z))? )"""
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")

# Greetings of these kinds name the host or its owner; what a signature needs is the software's own words.
_ONVIF_PERSONAL = re.compile(r"onvif://www\.onvif\.org/(?:name|location)/[^\s<>\"']*", re.IGNORECASE)
_SNMP_PERSONAL = re.compile(r"^[ \t]*(?:sys)?(?:name|contact|location)[ \t]*[:=][^\r\n]*", re.IGNORECASE | re.MULTILINE)
DHIP_KEPT = re.compile(
    r'"(?P<key>Vendor|DeviceClass|DeviceType|Version|SerialNo|mac)"\s{0,4}:\s{0,4}"(?P<value>[^"\\]{0,64})"'
)


# The page of one firmware is the same on thousands of devices.
@lru_cache(maxsize=4096)
def scrub(text: str) -> str:
    """The text without the values of personal fields and without mail addresses."""
    if "@" in text:
        text = _EMAIL.sub(GONE, text)
    if "onvif" in text:
        text = _ONVIF_PERSONAL.sub(GONE, text)
    return _FIELD.sub(lambda m: f"{m['name']}{m['sep']}{GONE}", text)


def onvif_scopes(text: str) -> str:
    """The ONVIF scopes in a reply, but name and location, which owners write themselves."""
    kept = _ONVIF_PERSONAL.sub("", text)
    return " ".join(re.findall(r"onvif://www\.onvif\.org/\S{1,128}", kept))


def snmp_description(text: str) -> str:
    """An SNMP answer without the lines in which its owner writes a name, a contact and a place."""
    return scrub(_SNMP_PERSONAL.sub("", text))


def dhip_reply(text: str) -> str:
    """The technical fields of a Dahua discovery reply; the machine's name and addresses are left behind."""
    return ", ".join(f'"{m["key"]}" : "{m["value"]}"' for m in DHIP_KEPT.finditer(text))
