"""Write the made-up Shodan results of the first demo: a seeded world of devices, as banners of three years.

No banner was received from a device. Pages and texts are written for this project in the style of the
products; short constants such as `Server: App-webs/` are facts. Every banner carries the mark
`"_camcensus": {"synthetic": true}`. The country database places the addresses, which end in .0 or .255 (IPv6:
in an interface id of zero), which no device normally has. See README.md.

    python data/demo/make_demo.py            writes raw/<year>/ again
    python data/demo/make_demo.py --check    exits 1 if the files differ from what would be written
"""

import argparse
import codecs
import gzip
import hashlib
import io
import ipaddress
import json
import random
import sys
import uuid
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any

import zstandard

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "pipeline"))  # a checkout need not be installed
from world import BLOCKS, COUNTRIES, HOSTILE, PAGES, SIZES, Addresses, Device, World

from camcensus.core.countries import load_countries

Banner = dict[str, Any]
SEED = 20261101
KINDS = {
    443: "https", 8443: "https", 554: "rtsp", 8554: "rtsp", 10554: "rtsp", 37777: "dahua-dvr", 21: "ftp", 22: "ssh",
    23: "telnet", 161: "snmp", 515: "line-printer-daemon", 1900: "upnp", 3306: "mysql", 3702: "onvif", 5060: "sip",
    37810: "dhip",
}  # fmt: skip
UDP = {161, 1900, 3702, 5060, 37810}
NETWORKS = [*(f"Example Network {n}" for n in range(40)), *HOSTILE]
CRAWLERS = [hashlib.sha256(bytes([n])).hexdigest()[:40] for n in range(6)]


def number(text: str) -> int:
    """Return a hash as the engine does: a signed 32-bit number."""
    return zlib.crc32(text.encode("utf-8", "replace")) - (1 << 31)


def web(device: Device, port: int, layout: str) -> Banner:
    """An HTTP answer: the page parsed, or in old layouts raw in `data`."""
    product, secure = device.product, KINDS.get(port) == "https"
    title, server, realm = (device.fill(t) for t in (product.title, product.server, product.realm))
    html = Template(device.fill(PAGES[product.page])).safe_substitute(title=title)
    status = 401 if realm else 200
    head = f"HTTP/1.1 {status} {'Unauthorized' if realm else 'OK'}\r\n" + (f"Server: {server}\r\n" if server else "")
    head += f'WWW-Authenticate: {product.auth} realm="{realm}"\r\n' if realm else ""
    head += f"Connection: close\r\nContent-Type: text/html\r\nContent-Length: {len(html)}\r\n\r\n"
    module = ("https" if secure else "http") + ("" if port < 1000 else "-simple-new")
    found: Banner = {"data": head, "_shodan": {"module": module}}
    if layout == "old":
        found |= {"data": head + html, "html": html, "title": title or None}
    else:
        found["http"] = {
            "status": status, "title": title or None, "server": server or None, "html": html,
            "html_hash": number(html), "host": device.host, "location": "/", "redirects": [], "robots": None,
            "robots_hash": None, "sitemap": None, "sitemap_hash": None, "securitytxt": None, "securitytxt_hash": None,
            "components": {},
        }  # fmt: skip
        if layout == "new":
            found["http"] |= {
                "title_hash": number(title), "headers_hash": number(head.rsplit("Content-Length")[0]),
                "server_hash": number(server), "dom_hash": number(html[:80]), "favicon": None,
            }  # fmt: skip
        if product.favicon:
            icon = {"hash": product.favicon, "data": "", "location": f"http://{device.host}/favicon.ico"}
            found["http"]["favicon"] = icon
    if secure:
        found["ssl"] = certificate(device)
    for name in product.block.split():
        if name != "dahua" and device.number % 3:  # the engine parses a page now and then only
            found[name] = device.fill(BLOCKS[name])
    return found


def certificate(device: Device) -> Banner:
    """Block `ssl` with what the product's certificate says, else a self-signed one that says nothing."""
    subject = dict(part.split("=", 1) for part in (device.fill(device.product.subject) or "CN=localhost").split(";"))
    issuer = dict(part.split("=", 1) for part in device.fill(device.product.issuer).split(";") if part) or subject
    digest = hashlib.sha256(f"{device.number} {subject}".encode()).hexdigest()
    return {
        "cert": {
            "subject": subject, "issuer": issuer, "fingerprint": {"sha1": digest[:40], "sha256": digest},
            "serial": device.number, "sig_alg": "sha256WithRSAEncryption", "issued": "20180101000000Z",
            "expires": "20380101000000Z", "expired": False, "version": 2, "extensions": [],
            "pubkey": {"bits": 2048, "type": "rsa"},
        },
        "cipher": {"bits": 256, "name": "ECDHE-RSA-AES256-GCM-SHA384", "version": "TLSv1.2"},
        "versions": ["-TLSv1", "TLSv1.2", "-TLSv1.3"], "chain": [], "alpn": [], "acceptable_cas": [],
        "trust": {"revoked": False},
    }  # fmt: skip


def rtsp(device: Device) -> Banner:
    """An RTSP answer; every other one asks for a login. `product.rtsp` is server, realm and schemes of the login."""
    server, realm, schemes = (*device.fill(device.product.rtsp).split("|"), "", "", "")[:3]
    login = realm and (device.number % 2 or schemes)
    data = "RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n" if login else "RTSP/1.0 200 OK\r\nCSeq: 1\r\n"
    data += f"Server: {server}\r\n" if server else ""
    for scheme in (schemes or "Digest").split() if login else ():
        nonce = f', nonce="{device.number:032x}", stale="FALSE"' if scheme == "Digest" else ""
        data += f'WWW-Authenticate: {scheme} realm="{realm}"{nonce}\r\n'
    data += "" if login else "Public: OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY\r\n"
    return {"data": data + "\r\n", "_shodan": {"module": "rtsp-tcp"}}


def answer(device: Device, port: int, layout: str) -> Banner:
    """Return what a port answers, by its protocol."""
    kind = KINDS.get(port, "http")
    if kind in ("http", "https"):
        return web(device, port, layout)
    if kind == "rtsp":
        return rtsp(device)
    if kind == "dahua-dvr":
        binary = f"\\xb0\\x00\\x00\\x58 {device.words['serial']}"
        return {"data": binary, "_shodan": {"module": kind}, "dahua": device.fill(BLOCKS["dahua"])}
    if kind == "upnp":
        block = device.fill(BLOCKS["upnp"] | device.product.upnp)
        return {"data": "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n", "upnp": block, "_shodan": {"module": kind}}
    return {"data": device.fill(device.product.text[kind]), "_shodan": {"module": kind}}


@dataclass
class Snapshot:
    """A world, drawn as one year's banners."""

    year: int
    chance: random.Random

    def banners(self, devices: list[Device]) -> list[tuple[Banner, Device]]:
        """Return every port of every device, some twice, in random order."""
        found = []
        for device in devices:
            for host in (device.host, device.before):
                if host is None:
                    continue
                here = replace(device, host=host)
                for port in device.ports:
                    sights = [self.banner(here, port) for _ in range(1 + (self.chance.random() < 0.04))]
                    found += [(sight, device) for sight in sights]
        self.chance.shuffle(found)
        return found

    def banner(self, device: Device, port: int) -> Banner:
        """Return one banner with all the fields around an answer."""
        old = self.year == 2024 and device.number % 4 == 0
        layout = "old" if old else "new" if self.year == 2026 else "plain"
        said = answer(device, port, layout)
        product = device.product
        probe = said.pop("_shodan") | {
            "id": None if old else str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            "crawler": self.chance.choice(CRAWLERS), "options": {},
        }  # fmt: skip
        if self.year == 2026:
            probe |= {"region": self.chance.choice(["eu", "na", "as"]), "ptr": True}
        name, _, kind = product.engine.partition("|")
        found = {
            "hash": number(said["data"]), "ip_str": device.host, "port": port,
            "transport": "udp" if port in UDP else "tcp", "timestamp": self.time(),
            "asn": f"AS{64496 + device.number % 16}", "org": NETWORKS[device.number % len(NETWORKS)],
            "isp": "Example Carrier", "os": None, "domains": [], "hostnames": [],
            "location": self.location(device.country, old), "_camcensus": {"synthetic": True}, "opts": {},
        }  # fmt: skip
        found |= {"ip": int(ipaddress.ip_address(device.host))} if ":" not in device.host else {"ipv6": device.host}
        found |= {"product": name, "version": device.firmware} if name and (port != 554) else {}
        found |= {"devicetype": kind} if kind and port != 554 else {}
        found |= {"tags": product.tags.split()} if product.tags else {}
        if product.cpe:
            found["cpe" if self.year == 2024 else "cpe23"] = [device.fill(product.cpe).lower()]
        return self.lies({**found, **said} if old and port == 80 else {**found, **said, "_shodan": probe})

    def time(self) -> str:
        """A time in the 30 days up to the first of November; two in a hundred before them."""
        days = self.chance.uniform(31, 300) if self.chance.random() < 0.02 else self.chance.uniform(0.1, 29.5)
        time = datetime(self.year, 11, 2, tzinfo=UTC) - timedelta(days=days)
        return time.strftime("%Y-%m-%dT%H:%M:%S.%f")

    def location(self, country: str, old: bool) -> Banner:
        """Where the engine puts the host: in two of a hundred not where the country database does."""
        if self.chance.random() < 0.02:
            country = self.chance.choice([c for c in COUNTRIES if c not in (country, "ZZ")])
        known = load_countries().get(country)
        codes = {"country_code": known.alpha2 if known else None, "country_name": known.name if known else None}
        more = {"country_code3": known.alpha3 if known else None, "postal_code": None, "dma_code": None} if old else {}
        place = {"city": None, "region_code": None, "area_code": None, "latitude": 0.0, "longitude": 0.0}
        return place | codes | more

    def lies(self, banner: Banner) -> Banner:
        """Two in a hundred have a field of a type that the documents do not promise."""
        if self.chance.random() > 0.02:
            return banner
        if "ipv6" in banner:
            return {k: v for k, v in banner.items() if k != "ip_str"}
        lies: list[Banner] = [
            {"version": 47}, {"product": 8.5}, {"cpe": "cpe:/h:example:thing"}, {"port": str(banner["port"])},
            {"tags": "iot"}, {"location": None}, {"location": {"country_code": None, "city": 12}}, {"ip": None},
            {"ip_str": None},
        ]  # fmt: skip
        return banner | self.chance.choice(lies)


def dirt(good: Banner) -> list[bytes]:
    """Return damaged lines and banners that ingest must repair or reject; each occurs once in a snapshot."""
    text = json.dumps(good)
    changes: list[Banner] = [
        {"port": 0}, {"port": 65536}, {"port": True}, {"port": None}, {"transport": "sctp"}, {"ip_str": "999.1.1.1"},
        {"ip_str": "203.000.113.007"}, {"ip_str": None, "ip": None}, {"ip_str": "example.org"},
        {"ip_str": "fe80::1%eth0"}, {"timestamp": None}, {"timestamp": "last week"},
        {"timestamp": "1999-12-31T23:59:59.000000"}, {"timestamp": "2098-01-01T00:00:00.000000"},
    ]  # fmt: skip
    lines = [json.dumps(good | change).encode() for change in changes]
    lines += [b"", b"   ", b"[]", b"null", b'"a text"', text[: len(text) // 2].encode(), text.encode()[1:]]
    lines.append(json.dumps(good | {"org": "?"}).encode().replace(b'"?"', b'"\xff\xfe caf\xe9"'))
    lines.append(json.dumps(good | {"org": "?"}).encode().replace(b'"?"', b'"a\x00b"'))
    lines.append(json.dumps(good | {"latitude": float("nan")}).encode())
    lines.append(json.dumps(good | {"html": "?"}).encode().replace(b'"?"', b'"<p>half a pair: \\ud83d</p>"'))
    lines.append(b'{"opts": ' * 2000 + b"1" + b"}" * 2000)
    return lines


def lines_of(year: int, world: World) -> list[bytes]:
    """Return the lines of one year: its banners with damaged lines between them."""
    chance = random.Random(SEED + year)
    world.live(year)
    banners = [banner for banner, _ in Snapshot(year, chance).banners(world.devices)]
    lines = [json.dumps(banner).encode() for banner in banners]
    clean = next(b for b in banners if b["transport"] == "tcp" and b.get("ip") and b.get("ip_str"))
    for line in dirt(clean):
        lines.insert(chance.randrange(1, len(lines)), line)
    return lines


def packed(name: str, content: bytes) -> bytes:
    """The content as the file's ending asks: gzip without name or time (in two members for 2025), zstd, or plain."""
    if name.endswith(".zst"):
        return zstandard.ZstdCompressor(level=19).compress(content)
    if not name.endswith(".gz"):
        return content
    cut = content.index(b"\n", len(content) // 2) + 1 if name.startswith("2025") else len(content)
    target = io.BytesIO()
    for part in (content[:cut], content[cut:]):
        if part:
            with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=target, mtime=0) as member:
                member.write(part)
    return target.getvalue()


def files() -> dict[str, bytes]:
    """Every file by its path under raw/, with its plain content."""
    chance = random.Random(SEED)
    world = World(chance, Addresses(chance))
    found = {}
    for year in SIZES:
        lines = lines_of(year, world)
        few = {2024: 50, 2026: 200}.get(year, 0)
        found[f"{year}/SYNTHETIC-cameras.jsonl.gz"] = b"\n".join(lines[few:]) + b"\n"
        if year == 2024:  # as saved on another system: a byte order mark, and both characters at each line's end
            found["2024/SYNTHETIC-more.json"] = codecs.BOM_UTF8 + b"\r\n".join(lines[:few]) + b"\r\n"
        elif few:
            found[f"{year}/SYNTHETIC-more.jsonl.zst"] = b"\n".join(lines[:few])  # no line end at the file's end
    return found


def differs(path: Path, content: bytes) -> bool:
    """Compare the unpacked content: another build of zlib may pack it into other bytes."""
    if not path.is_file():
        return True
    content_now = path.read_bytes()
    if path.suffix == ".gz":
        content_now = gzip.decompress(content_now)
    elif path.suffix == ".zst":
        content_now = zstandard.ZstdDecompressor().decompress(content_now)
    return content_now != content


def main() -> int:
    """Write or check the files; return 1 if a check found a difference."""
    parser = argparse.ArgumentParser(description="Write the made-up Shodan results of the first demo.")
    parser.add_argument("--check", action="store_true", help="only compare the files with what would be written")
    check = parser.parse_args().check
    folder = Path(__file__).parent / "raw"
    wrong = []
    for name, content in files().items():
        path = folder / name
        if check and differs(path, content):
            wrong.append(name)
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(packed(name, content))
    for name in wrong:
        sys.stderr.write(f"{name} differs; run data/demo/make_demo.py\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
