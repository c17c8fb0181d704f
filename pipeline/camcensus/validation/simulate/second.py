"""The second engine's layout: JSON lines as Netlas gives them, one response a line."""

from typing import Any

from camcensus.validation.simulate.answers import Answer

SECOND = "second"
SOURCE = "netlas"
# Protocols whose banners the engine keeps under their own names, as far as that is documented.
_PROTOCOLS = ("ftp", "telnet", "rtsp")
_HEADERS = ("date", "server", "www-authenticate", "content-type")


def body(found: Answer) -> dict[str, Any]:
    """What a response holds besides address, time and place. The engine parses no camera blocks."""
    said = found.banner
    data = str(said.get("data", ""))
    if http := said.get("http"):
        inner: dict[str, Any] = {
            "protocol": "https" if "ssl" in said else "http",
            "prot7": "http",
            "http": {
                "status_code": http["status"], "title": http["title"], "body": http["html"], "headers": _headers(data),
                "content_length": len(http["html"]), "http_version": {"name": "HTTP/1.1", "major": 1, "minor": 1},
            },
        }  # fmt: skip
    else:
        name = found.module.split("-")[0]
        answer = {name: {"banner": data}} if name in _PROTOCOLS else {"banner": data}
        inner = {"protocol": name, "prot7": name, **answer}
    if ssl := said.get("ssl"):
        inner["certificate"] = _certificate(ssl["cert"], ssl["chain"])
    return inner


def head(
    address: str, port: int, transport: str, time: str, asn: int, network: int, country: str | None
) -> str:  # fmt: skip
    """What surrounds every response, as the start of its JSON."""
    place = f'"geo":{{"country":"{country}","continent":"","latitude":0.0,"longitude":0.0}},' if country else ""
    return (
        f'"data":{{"ip":"{address}","host":"{address}","port":{port},"prot4":"{transport}","@timestamp":"{time[:19]}Z",'
        f'"uri":"{transport}://{address}:{port}","last_updated":"{time[:19]}Z",{place}'
        f'"whois":{{"asn":{{"number":["{asn}"],"name":"Example Network {network}"}}}},'
        '"_camcensus":{"synthetic":true},'
    )


def _certificate(cert: dict[str, Any], chain: list[str]) -> dict[str, Any]:
    return {
        "subject_dn": _name(cert["subject"]),
        "issuer_dn": _name(cert["issuer"]),
        "subject": _lists(cert["subject"]),
        "issuer": _lists(cert["issuer"]),
        "fingerprint_sha256": cert["fingerprint"]["sha256"],
        "serial_number": str(cert["serial"]),
        "version": 3,
        "chain": chain,
    }


def _headers(data: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in data.split("\r\n")[1:]:
        name, between, value = line.partition(": ")
        if between and name.lower() in _HEADERS:
            found.setdefault(name.lower().replace("-", "_"), []).append(value)
    return found


def _name(parts: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in parts.items())


def _lists(parts: dict[str, str]) -> dict[str, list[str]]:
    return {_LONG.get(key, key.lower()): [value] for key, value in parts.items()}


_LONG = {
    "CN": "common_name", "O": "organization", "OU": "organizational_unit", "L": "locality", "ST": "province",
    "C": "country",
}  # fmt: skip
