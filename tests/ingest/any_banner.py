"""Banners of whatever JSON can write, and usual ones with whatever texts, as strategies of hypothesis."""

from typing import Any

from hypothesis import strategies as st

# What a field may be: as a rule a usual text, but anything that JSON can write.
PIECES = st.sampled_from(
    [
        "a", "DS-2CD2032-I", " ", "\t", "\r\n", "\n", "\n\n", "\n\n\r\n", "\x00", "\x7f", "\xa0", "é", "İ", "ſ",
        "\u200b", "中", "\U0001f4f7", '"', "\\", "'", "<", ">", "</p>", "=", ":", ",", "{", "}", "[", "]", "&quot;",
        "password", "User Name", "user_name", "alias", "DDNS", "用户名", "mail: a.b@c.de", "a@b.c", "@", "10.0.0.7",
        "192.168.1.5", "fe80::1:2", "+49 30 1234567", "onvif://www.onvif.org/name/x",
        "onvif://www.onvif.org/hardware/X", "<title>", "</title>", "<h1>", '<script src="/js/a.js">',
        '<object classid="clsid:12345678-1234-1234-1234-123456789abc">', 'var model="X-1";', "00:0A:0B:0C:0D:0E",
        "AXIS-00408C123456", "x" * 70, "y" * 300, "z" * 2_500, "HTTP/1.1 200 OK\r\n", "HTTP/", "RTSP/1.0 200",
        "SIP/2.0 200 OK\r\n", "NOTIFY * HTTP/1.1\r\n", "220 ftp ready\r\n", "login: ", "DHIP",
        '{"Vendor":"x","SerialNo":"1"}', "Server: App-webs/\r\n", "server:x\r\n", "SERVER : y\r\n", "Server:\r\n",
        "Server\t: z\r\n", "Set-Cookie: a=b\r\n", "ST: u\r\n", "USN: uuid:1\r\n", "nt:x\r\n",
        "Location: /a/b.html\r\n", "LOCATION: http://h/x?y\r\n", "User-Agent: ua\r\n",
        'WWW-Authenticate: Digest realm="Login to 5A", nonce="x"\r\n', "www-authenticate: Basic realm=plain\r\n",
        'WWW-Authenticate: Digest nonce="realm" , Realm = " sp "\r\n', 'WWW-Authenticate:Basic realm="a\\"b"\r\n',
        'WWW-Authenticate: realm="x y"\r\n', 'WWW-Authenticate: Digest realm=a realm="b c", x="d"\r\n',
        "WWW-Authenticate: Basic\r\n", "Hikvision IP Camera:\r\n  Device Model: DS-1\r\n  Version: 5\r\n",
        "urn:schemas-upnp-org:device", "<UDN>uuid:1</UDN>", "<manufacturer>m</manufacturer>",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=9).map("".join)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just([]),
    st.just({}),
    st.lists(TEXTS, max_size=2),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)
ANY = st.one_of(TEXTS, TEXTS, TEXTS, ODD)
NUMBERS = st.one_of(st.integers(-5, 70_000), st.integers(-5, 70_000), ANY)
PLACES = st.fixed_dictionaries({}, optional={"country_code": ANY, "region_code": ANY, "city": ANY, "x": ODD})
NAMES = st.dictionaries(st.sampled_from(["CN", "OU", "O", "L", "ST", "C", "x"]), ANY, max_size=4)
CERTIFICATES = st.fixed_dictionaries(
    {},
    optional={
        "subject": NAMES | ODD,
        "issuer": NAMES | ODD,
        "serial": st.integers(0, 1 << 160),
        "fingerprint": st.fixed_dictionaries(
            {"sha256": st.sampled_from(["a" * 64, "A" * 64, "aa:" * 31 + "aa", "x", None, 5])}
        )
        | ODD,
    },
)
HTTP = st.fixed_dictionaries(
    {},
    optional={
        "status": NUMBERS,
        "title": ANY,
        "server": ANY,
        "html": ANY,
        "html_hash": NUMBERS,
        "location": ANY,
        "favicon": st.fixed_dictionaries({"hash": NUMBERS}) | ODD,
        "redirects": st.lists(st.fixed_dictionaries({"location": ANY})) | ODD,
    },
)


def block(*names: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, ANY)) | st.none() | ODD


BANNERS = st.fixed_dictionaries(
    {
        "ip_str": st.sampled_from(["192.0.2.1", "255.255.255.255", "2001:db8::1", "::ffff:192.0.2.1"])
        | st.sampled_from(
            ["01.2.3.4", "1.2.3", "256.1.1.1", "fe80::1%eth0", "", None, "1.2.3.4 ", "é", 5, "1.2.3.4567"]
        ),
        "port": st.sampled_from([80, 21, 554, 65535, 443, 23])
        | st.sampled_from([0, 65536, "80", "x", None, True, 1.0, -1]),
        "timestamp": st.datetimes().map(lambda time: time.isoformat())
        | st.sampled_from(
            ["2026-10-20T08:30:01.000000", "2024-02-29T00:00:00", "2025-02-29T00:00:00", "2026-01-01", "", None, 5]
        )
        | st.sampled_from(
            ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00+02:00", "2026-01-01T24:00:00", "2026-01-01 00:00:00"]
        ),
    },
    optional={
        **dict.fromkeys(
            ("data", "html", "title", "product", "version", "devicetype", "asn", "org", "isp", "ipv6"), ANY
        ),
        "transport": st.sampled_from(["tcp", "udp", None, "TCP", 5]),
        "hash": NUMBERS,
        "ip": NUMBERS,
        **dict.fromkeys(("cpe", "cpe23", "tags"), st.lists(ANY, max_size=3) | ANY),
        "mac": st.dictionaries(st.sampled_from(["00:0A:0B:0C:0D:0E", "AC:CC:8E:01:02:03", "x"]), ODD) | ANY,
        "vulns": st.dictionaries(st.sampled_from(["CVE-2021-1", "x"]), st.just({"verified": True}) | st.none()) | ODD,
        "_shodan": block("module")
        | st.fixed_dictionaries({"module": st.sampled_from(["http", "https", "ftp", "telnet", "rtsp-tcp"])}),
        "location": PLACES | ODD,
        "http": HTTP | ODD,
        "ssl": st.fixed_dictionaries({}, optional={"cert": CERTIFICATES | ODD, "chain": ODD}) | ODD,
        "hikvision": block("device_model", "device_version", "web_version"),
        "dahua": block("serial_number"),
        "dahua_dvr_web": block("web_version"),
        "snmp": block("description"),
        "ip_camera": block("brand", "model", "software_version", "mac_address", "id"),
        "upnp": block("manufacturer", "model_name", "model_number", "serial_number", "udn"),
        "_camcensus": st.sampled_from([{"synthetic": True}, {"synthetic": 1}, {}, None, 5]),
        "opts": ODD,
    },
)


# Banners whose key is usual, so that the kernels read most of them, with any texts.
ANSWERS = st.one_of(
    TEXTS,
    TEXTS.map("HTTP/1.1 200 OK\r\n".__add__),
    TEXTS.map("RTSP/1.0 200 OK\r\n".__add__),
    st.tuples(TEXTS, TEXTS).map("HTTP/1.1 200 OK\r\n{0[0]}\r\n\r\n{0[1]}".format),
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


USUAL = st.fixed_dictionaries(
    {"ip_str": st.just("192.0.2.1"), "port": st.sampled_from([80, 21]), "timestamp": st.just("2026-01-02T03:04:05")},
    optional={
        "data": ANSWERS,
        "html": TEXTS,
        "title": TEXTS,
        "product": TEXTS,
        "version": TEXTS,
        "org": TEXTS,
        "http": some(
            html=TEXTS,
            title=TEXTS,
            server=TEXTS,
            location=TEXTS,
            redirects=st.lists(some(location=TEXTS), max_size=2),
            favicon=some(hash=st.integers(-9, 9)),
        ),
        "_shodan": some(module=st.sampled_from(["http", "ftp", "telnet", "snmp", "x"])),
        "snmp": some(description=TEXTS),
        "upnp": some(udn=TEXTS, serial_number=TEXTS),
        "ip_camera": some(id=TEXTS, mac_address=TEXTS),
        "ssl": some(cert=some(subject=some(CN=TEXTS))),
        "mac": st.sampled_from([{"00:0A:0B:0C:0D:0E": 1}, {}, {"x": 1}]),
    },
)
