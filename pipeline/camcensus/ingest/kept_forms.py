"""Keep of columns whose texts have a known form what has that form, and nothing else that an owner may write.

A list of what is kept is shorter than one of all that may be personal. `columns.py` says which column has which form.
"""

import re

from camcensus.core.surveillance_words import WORDS, is_known
from camcensus.ingest.privacy import GONE, scrub

DHIP_READ = 2048  # characters
_DHIP = re.compile(
    r'"(?P<key>Vendor|DeviceClass|DeviceType|Version|SerialNo|mac)"\s{0,4}:\s{0,4}"(?P<value>[^"\\]{0,64})"'
)
# A label of SNMP is a word, a name of a MIB or an object identifier; of 1.3.6.1.2.1.1 only the first is a description.
_SNMP_PERSONAL = re.compile(r"^[ \t]*(?:[\w-]{1,32}::)?(?:sys)?(?:name|contact|location)\b.{0,4}?[:=]", re.IGNORECASE)
_SNMP_OBJECT = re.compile(r"^[ \t]*\.?(?:iso|1)\.3\.6\.1(?P<rest>(?:\.[0-9]{1,10}){1,32})[ \t]*[:=]", re.IGNORECASE)
_SNMP_DESCRIPTION = (".2.1.1.1", ".2.1.1.1.0")
_VERSION = re.compile(
    r"(?<![\w.])(?:[A-Za-z]{0,2}[0-9](?:[0-9._+-]|(?<![A-Za-z])[A-Za-z]{1,6}(?![A-Za-z])){0,63}|build|rel|release|ver|version|firmware|fw|beta|alpha|patch|rev|rc|sp"
    r"|hotfix)(?![\w.])",
    re.IGNORECASE,
)
_TAGS = frozenset(
    [
        "ai", "cdn", "cloud", "compromised", "cryptocurrency", "database", "devops", "doublepulsar", "eol-os",
        "eol-product", "honeypot", "hosting", "ics", "iot", "malware", "medical", "mobile", "onion", "proxy",
        "ransomware", "scanner", "self-signed", "ssh-bad-key", "starttls", "tor", "videogame", "vpn", "webcam",
    ]
)  # fmt: skip
# The words of nmap's device types, and of other engines'.
_TYPES = WORDS | frozenset(
    [
        "adapter", "appliance", "balancer", "bridge", "broadband", "console", "device", "firewall", "game",
        "general", "hub", "load", "media", "misc", "pbx", "pda", "phone", "power", "print", "printer",
        "proxy", "purpose", "remote", "router", "specialized", "switch", "telecom", "terminal", "voip", "wap",
    ]
)  # fmt: skip
_CPE = re.compile(r"cpe:(?:/|2\.3:)[aho](?::[\w.%~*!\\-]{1,64}){2,11}", re.IGNORECASE)
_MODULE = re.compile(r"[A-Za-z0-9][\w.+-]{0,47}")
_MAC = re.compile(r"[0-9A-F]{2}(?:[:.-]?[0-9A-F]{2}){5}", re.IGNORECASE)
_UDN = re.compile(r"(?:uuid:)?(?:[\w-]{0,48}-|[0-9A-F]{0,20})[0-9A-F]{12}", re.IGNORECASE)
_TOKEN = re.compile(r"[\w:.-]{1,64}")
# Hikvision writes model, date of manufacture, region and number in one word.
_SERIAL_END = re.compile(
    r"(?<=[A-Z0-9])20[0-4][0-9](?:0[1-9]|1[0-2])[0-3][0-9][A-Z]{2,6}[0-9]{6,10}[A-Z]{0,6}\b", re.IGNORECASE
)
# Whose a device is: a name, or any word before a word of devices and places.
_POSSESSIVE = re.compile(
    r"(?:\b[A-Z][\w-]{0,31} ){0,2}\b[A-Z]\w{1,31}['’]s\b"
    r"|\b\w{1,32}['’]s(?= (?:web|ip|net|video)?[ -]?(?:cam|camera|dvr|nvr|recorder|device|home|house|shop|office)s?\b)"
)
_FTP_HOST = re.compile(r"^([ \t]{0,4}220[ -])(\S{1,64})(?= FTP server\b)(.{0,256})", re.IGNORECASE | re.MULTILINE)
# Before it may be what telnet negotiates: byte 255, a command and an option.
_LOGIN_HOST = re.compile(
    r"((?:^|\r)(?:\xff[\xf0-\xfe].){0,16}[ \t]{0,16})(\S{1,64})(?= login:)()", re.IGNORECASE | re.MULTILINE | re.DOTALL
)
_DEFAULT_ADDRESS = "192.0.0.64"  # of Hikvision's devices before they are set up
_NAME_PART = re.compile(r"(?:^|(?<=,))(CN|L|ST)=(.{0,256}?)(?=,(?:CN|OU|O|L|ST|C)=|\Z)")
_HOST = re.compile(r"(?:\*\.)?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# Where makers whose certificates name a place are.
_PLACES = frozenset(
    [
        "bavaria", "bayern", "beijing", "california", "chengdu", "china", "fremont", "fujian", "grasbrunn",
        "guangdong", "guangzhou", "gyeonggi-do", "hangzhou", "hsinchu", "ilsan", "irvine", "korea", "lund",
        "munich", "new taipei", "new taipei city", "new york", "san jose", "scania", "seongnam",
        "seongnam-si", "seoul", "shanghai", "shenzhen", "skane", "suwon", "taipei", "taipei city", "taiwan", "tokyo",
        "zhejiang", "zhubei",
    ]
)  # fmt: skip


def title(text: str) -> str:
    """Return a title or realm without personal fields, the rest of a serial number after a model, and whose it is."""
    text = model(text)
    return _POSSESSIVE.sub(GONE, text) if "'s" in text or "’s" in text else text


def model(text: str) -> str:
    """Return the name of a model without the rest of a serial number."""
    text = scrub(text)
    return _SERIAL_END.sub("", text) if "20" in text else text


def version(text: str) -> str:
    """Return the words of a version: those that begin as a number does, and such as `build`."""
    first = _VERSION.match(text)  # as it is, since it may look like an address
    rest = _VERSION.findall(scrub(text[first.end() :] if first else text))
    return " ".join([first[0], *rest] if first else rest)


def tags(text: str) -> str:
    """Return the known tags of an engine."""
    return " ".join(word for word in text.split() if word.lower() in _TAGS)


def device_type(text: str) -> str:
    """Return a device type if it is of known words."""
    return text if _TYPES.issuperset(re.split(r"[\s/_,-]+", text.strip().lower())) else ""


def cpe(text: str) -> str:
    """Return the CPE names, each with vendor and product."""
    return " ".join(_CPE.findall(text))


def module(text: str) -> str:
    """Return the name of a module."""
    return text if _MODULE.fullmatch(text) else ""


def mac(text: str) -> str:
    """Return a MAC address."""
    return text.strip() if _MAC.fullmatch(text.strip()) else ""


def token(text: str) -> str:
    """Return an identifier of one word."""
    return text.strip() if _TOKEN.fullmatch(text.strip()) else ""


def udn(text: str) -> str:
    """Return a UPnP device name that ends as a UUID or MAC address does."""
    return text.strip() if _UDN.fullmatch(text.strip()) else ""


def greeting(text: str) -> str:
    """Return an FTP or telnet greeting without personal fields, the name of its host, and whose it is."""
    text = _LOGIN_HOST.sub(_default_host, _FTP_HOST.sub(_default_host, text))
    return title(text)


def _default_host(found: re.Match[str]) -> str:
    """Return a greeting with the name of its host only if the device may have it from its maker."""
    host, rest = found[2], found[3]
    is_default = (
        any(map(is_known, [host, *re.split(r"[()._-]", host)]))
        or host == _DEFAULT_ADDRESS
        or host.lower() in rest.lower()
    )
    return f"{found[1]}{host if is_default else GONE}{rest}"


def certificate_name(text: str) -> str:
    """Return a name of a certificate without places and hosts that are not of makers."""
    return title(_NAME_PART.sub(_public_part, text)).strip(",")


def _public_part(found: re.Match[str]) -> str:
    kind, value = found[1], found[2]
    if kind == "CN":
        return f"CN={_host(value)}"
    return f"{kind}={value}" if value.strip().lower() in _PLACES else f"{kind}="


def _host(value: str) -> str:
    """Return the parts of a host name that are a maker's; what is no host name as it is."""
    if not _HOST.fullmatch(value) or re.fullmatch(r"[0-9.]+", value):
        return value
    parts = value.split(".")
    if not any(_of_maker(part) for part in parts):
        return GONE
    kept = [
        part if n >= len(parts) - 2 or part in ("*", "www", "local") or _of_maker(part) else GONE
        for n, part in enumerate(parts)
    ]
    return ".".join(kept)


def _of_maker(part: str) -> bool:
    return any(is_known(word) for word in [part, *part.split("-")])


def snmp_description(text: str) -> str:
    """Return the description in an SNMP answer, without its owner's name, contact and location."""
    return model("".join(filter(_is_description, text.splitlines(keepends=True))))


def _is_description(line: str) -> bool:
    if found := _SNMP_OBJECT.match(line):
        return found["rest"] in _SNMP_DESCRIPTION
    return not _SNMP_PERSONAL.match(line)


def dhip_reply(text: str) -> str:
    """Return the technical fields of a Dahua discovery reply, without the device's name and addresses."""
    return ", ".join(f'"{m["key"]}" : "{m["value"]}"' for m in _DHIP.finditer(text[:DHIP_READ]))
