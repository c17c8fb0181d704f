"""What must never reach a table: names of people, devices and channels, DDNS hosts, inner addresses.

Whole fields of Shodan's layout that are personal are simply never read (see `banner.py`). What is left is text in
which a page or a protocol repeats them: `scrub` takes the value out and leaves the name of the field.
"""

import re

GONE = "[removed]"

# A field of a page or a protocol text whose value is personal, in JSON, JavaScript, XML, HTML attributes or "Name: x".
_NAMES = r"(?:(?:user|device|channel|machine|alias|host|owner)[ _-]?names?|alias|ddns[\w-]*|e-?mail\w*|password|login[ _-]?name)"
_FIELD = re.compile(
    rf"""(?ix) \b(?P<name>{_NAMES})\b (?P<sep> ["']? \s{{0,4}} (?:[:=]|>) \s{{0,4}})
    (?: "[^"]{{0,512}}"? | '[^']{{0,512}}'? | \[[^\]]{{0,512}}\]? | [^\s<>,;&"'\]}}]{{1,256}} [^\r\n<>,;&"'\]}}]{{0,256}} )"""
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")

# Greetings of these kinds name the host or its owner; what a signature needs is the software's own words.
_ONVIF_PERSONAL = re.compile(r"onvif://www\.onvif\.org/(?:name|location)/\S*", re.IGNORECASE)
DHIP_KEPT = re.compile(
    r'"(?P<key>Vendor|DeviceClass|DeviceType|Version|SerialNo|mac)"\s{0,4}:\s{0,4}"(?P<value>[^"\\]{0,64})"'
)


def scrub(text: str) -> str:
    """The text without the values of personal fields and without mail addresses."""
    if "@" in text:
        text = _EMAIL.sub(GONE, text)
    return _FIELD.sub(lambda m: f"{m['name']}{m['sep']}{GONE}", text)


def onvif_scopes(text: str) -> str:
    """The ONVIF scopes in a reply, but name and location, which owners write themselves."""
    kept = _ONVIF_PERSONAL.sub("", text)
    return " ".join(re.findall(r"onvif://www\.onvif\.org/\S{1,128}", kept))


def dhip_reply(text: str) -> str:
    """The technical fields of a Dahua discovery reply; the machine's name and addresses are left behind."""
    return ", ".join(f'"{m["key"]}" : "{m["value"]}"' for m in DHIP_KEPT.finditer(text))
