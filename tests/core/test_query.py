"""The query language: every query of the catalogue, and the rules that are known of the search engine."""

import re
from typing import Any

import pytest

from camcensus.core.errors import QueryError, UnknownFilterError
from camcensus.core.query import DATA, FIELDS, Query, parse, read, words
from camcensus.identify.catalogue import Catalogue
from tests.conftest import Banner, banner

# A second reader of queries, so that the parser is not held against itself.
_PIECE = re.compile(r'(?:([a-z][a-z._]*):)?(?:"([^"]*)"|(\S+))')


def pieces(text: str) -> list[tuple[str, str]]:
    """Filter (or data) and value of each term of a catalogue's query."""
    return [(name or DATA, quoted or bare) for name, quoted, bare in _PIECE.findall(text)]


def put(found: Banner, name: str, value: Any) -> None:
    """Puts a value where a banner has the field that the filter looks at."""
    *way, last = FIELDS[name].paths[0].split(".")
    place = found
    for step in way:
        place = place.setdefault(step, {})
    if name == "ssl":
        place[last] = {"cert": {"subject": {"O": value}}}
    elif name == "cpe":
        place[last] = [value]
    elif name == DATA:
        place[last] += f"{value}\r\n"
    elif re.fullmatch(r"-?\d+", value):
        place[last] = int(value)
    else:
        more = FIELDS[name].kind == "words" and place.get(last)
        place[last] = f"{place[last]} / {value}" if more else value


def built(text: str, spoil: int | None = None) -> Banner:
    """A banner made for a query; with `spoil`, one whose n-th term is nearly and not quite what the query asks for."""
    found = banner(data="HTTP/1.1 401 X\r\n", http={}, product=None, port=1)
    for number, (name, value) in enumerate(pieces(text)):
        put(found, name, miss(name, value) if number == spoil else f"{value}" if name != DATA else f"X: {value}")
    return found


def miss(name: str, value: str) -> str:
    """Nearly the value: the number beside it, or its words with the last one grown longer."""
    if re.fullmatch(r"-?\d+", value):
        return str(int(value) + 1)
    last = list(re.finditer(r"[A-Za-z0-9]+", value))[-1]
    return f"{value[: last.end()]}z{value[last.end() :]}"


def test_every_query_of_the_catalogue_matches_a_banner_built_for_it_and_no_near_miss(catalogue: Catalogue) -> None:
    for query in catalogue.written:
        parsed = parse(query.text)
        assert parsed.matches(built(query.text)), query.text
        assert len(parsed.terms) == len(pieces(query.text))
        for number, (name, value) in enumerate(pieces(query.text)):
            if name in FIELDS and "," in value and name != DATA:
                continue  # a comma parts alternatives: see below
            assert not parsed.matches(built(query.text, spoil=number)), (query.text, value)


def test_plain_words_look_at_data_alone() -> None:
    shown = banner(data="HTTP/1.1 200 OK\r\n", http={"title": "vivotek", "html": "vivotek"}, product="vivotek")
    assert not parse("vivotek").matches(shown)
    assert parse("vivotek").matches(banner(data="Server: Vivotek Network Camera"))


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ('"Server: App-webs/"', True),
        ('"server app webs"', True),
        ('"webs App"', False),
        ("webs app", True),
        ("App-web", False),
        ("-nginx", True),
        ("-App-webs", False),
        ("port:80", True),
        ("port:81,80", True),
        ("port:81", False),
        ("-port:81 country:gb", True),
        ('country:"DE,GB"', True),
        ("country:DE,FR", False),
        ("net:81.127.163.0/24", True),
        ("net:81.127.162.0/23,10.0.0.0/8", True),
        ("net:81.127.164.0/24", False),
        ("net:2001:db8::/32", False),
        ("ip:81.127.163.14", True),
        ("asn:AS5607", True),
        ("asn:AS560", False),
        ('org:"Example Broadband"', True),
        ("org:broadband", True),
        ("org:broad", False),
        ('city:"San Diego,Leeds"', True),
        ("has_screenshot:false", True),
        ("has_screenshot:true", False),
        ("hash:-1443232221", True),
        ("http.status:200", True),
        ("http.favicon.hash:999357577", True),
        ("-http.favicon.hash:999357577", False),
        ("-device:webcam", True),
        ("after:19/10/2026", True),
        ("after:20/10/2026", True),
        ("after:21/10/2026", False),
        ("before:20/10/2026", False),
        ("before:21/10/2026 after:1/10/2026", True),
        ("after:2026-10-19", False),
        ("before:2027-01-01", False),
        ("shodan.module:http", True),
        ("shodan.module:https", False),
        ("PRODUCT:hikvision", True),
    ],
)
def test_what_a_query_matches(text: str, matches: bool) -> None:
    assert parse(text).matches(banner()) is matches


def test_alternatives_of_a_filter_are_parted_by_commas_inside_quotes_too() -> None:
    query = parse('http.title:"FLIR Systems, Inc."')
    assert query.terms[0].values == ("FLIR Systems", "Inc.")
    assert query.matches(banner(http={"title": "Anything Inc"}))
    assert parse('"Merit LILIN Ent. Co., Ltd."').terms[0].values == ("Merit LILIN Ent. Co., Ltd.",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ('"open', "quote"),
        ('a"b', "quote"),
        ("country:", "no value"),
        ('country:""', "no value"),
        ("country: DE", "right behind the colon"),
        ("(webcam OR dvr)", "parentheses are not allowed"),
        ('"---"', "nothing to search for"),
        ("port:http", "whole number"),
        ("net:300.0.0.0/8", "net:300.0.0.0/8"),
        ("net:0.0.0.0/0", "two halves"),
        ("has_screenshot:maybe", "neither true nor false"),
        ("before:31/02/2026", "before:31/02/2026"),
    ],
)
def test_what_does_not_parse_says_why(text: str, reason: str) -> None:
    with pytest.raises(QueryError, match=re.escape(reason)) as caught:
        parse(text)
    assert caught.value.text == text


@pytest.mark.parametrize("text", ["nosuch:1", "a:b", "port:80 Country.Code:DE", "http://x", "data:x"])
def test_unknown_filters_are_named(text: str) -> None:
    with pytest.raises(UnknownFilterError) as caught:
        parse(text)
    assert caught.value.name in text.lower()


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ('server:"App-webs"', 'write the header as a phrase: "Server: NAME"'),
        ("Server: yawcam", 'write the header as a phrase: "Server: NAME"'),
        ("http.server:yawcam", 'write the header as a phrase: "Server: NAME"'),
        ("titel:x", "did you mean http.title:"),
        ("http.favicon.has:1", "did you mean http.favicon.hash:"),
        ("favicon:1", "write http.favicon.hash:"),
        ("devicetype:webcam", "write device:"),
        ("all:webcam", "it searches every property at once"),
        ("geo:1,2", "write country:, region: or city:"),
        ("ntp.port:123", "it is not of cameras"),
    ],
)
def test_a_filter_that_is_not_read_names_the_one_to_write(text: str, advice: str) -> None:
    with pytest.raises(QueryError, match=re.escape(advice)):
        parse(text)


def test_older_names_of_filters_are_read_as_their_new_ones() -> None:
    shown = banner(http={"title": "Network Camera", "html": "<b>Live</b>"})
    query = parse('title:"network camera" html:live')
    assert query.matches(shown)
    assert query.filters == ("http.title", "http.html")
    assert query.not_in_trends == ("http.html",)
    assert not parse('title:"network cameras"').matches(shown)


# The filters that Shodan lists, from the public list shodan_filters.json (sansatart/scrapts).
_LISTED = """
all asn bitcoin.ip bitcoin.ip_count bitcoin.port bitcoin.version city country cpe device geo has_ipv6 has_screenshot
has_ssl has_vuln hash hostname http.component http.component_category http.favicon.hash http.html http.html_hash
http.robots_hash http.securitytxt http.status http.title http.waf ip isp link net ntp.ip ntp.ip_count ntp.more ntp.port
org os port postal product region scan screenshot.label shodan.module snmp.contact snmp.location snmp.name ssh.hassh
ssh.type ssl ssl.alpn ssl.cert.alg ssl.cert.expired ssl.cert.extension ssl.cert.fingerprint ssl.cert.issuer.cn
ssl.cert.pubkey.bits ssl.cert.pubkey.type ssl.cert.serial ssl.cert.subject.cn ssl.chain_count ssl.cipher.bits
ssl.cipher.name ssl.cipher.version ssl.version state tag telnet.do telnet.dont telnet.option telnet.will telnet.wont
version vuln
"""


@pytest.mark.parametrize("name", _LISTED.split())
def test_each_filter_that_the_engine_lists_is_read_or_refused_with_advice(name: str) -> None:
    if name in FIELDS:
        kind = FIELDS[name].kind
        assert parse(f"{name}:{ {'number': '1', 'flag': 'true', 'net': '192.0.2.0/24'}.get(kind, 'x') }").filters == (
            name,
        )
        return
    with pytest.raises(UnknownFilterError) as caught:
        parse(f"{name}:1")
    assert "; " in caught.value.reason


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("has_ipv6:true", {"ipv6": "2001:db8::1"}),
        ("has_vuln:true", {"vulns": {"CVE-2017-7921": {}}}),
        ("snmp.name:DVR", {"snmp": {"name": "DVR-12"}}),
        ("ssh.hassh:ab12", {"ssh": {"hassh": "ab12"}}),
        ("ssl.cert.expired:true", {"ssl": {"cert": {"expired": True}}}),
        ("ssl.version:tlsv1", {"ssl": {"versions": ["TLSv1", "-SSLv3"]}}),
        ("telnet.option:ECHO", {"telnet": {"do": ["ECHO"], "wont": []}}),
        ("http.component_category:CMS", {"http": {"components": {"X": {"categories": ["CMS"]}}}}),
        ("cloud.region:eu-west-1", {"cloud": {"region": "eu-west-1"}}),
        ("screenshot.hash:5", {"screenshot": {"hash": 5}}),
    ],
)
def test_filters_read_their_place(text: str, shown: dict[str, Any]) -> None:
    assert parse(text).matches(banner(**shown))
    assert not parse(text).matches(banner(ssl=None, http={}))


def test_fields_of_wrong_kinds_are_read_as_far_as_they_go() -> None:
    odd = banner(http="x", location=["DE"], version=47, tags="iot", hostnames=[None, "a.example"], vulns={"CVE-1": {}})
    assert not parse("country:DE").matches(odd)
    assert not parse("http.title:x").matches(odd)
    assert parse("version:47 tag:iot hostname:example vuln:cve-1").matches(odd)


def test_certificates_are_searched_whole_and_by_name() -> None:
    shown = banner(ssl={"cert": {"subject": {"CN": "TCAM", "O": "2N IP Intercoms"}, "issuer": {"CN": "Dahua CA"}}})
    assert parse('ssl:"2N IP Intercoms" ssl.cert.subject.cn:tcam ssl.cert.issuer.cn:Dahua').matches(shown)
    assert not parse("ssl.cert.subject.cn:Dahua").matches(shown)


def test_words_are_cut_at_everything_but_letters_and_digits() -> None:
    assert words("AXIS_ab-1.2 Kamera für") == ["axis", "ab", "1", "2", "kamera", "für"]


def test_what_trends_does_not_offer_is_named() -> None:
    assert parse('device:webcam http.html:"x y" port:80').not_in_trends == ("device", "http.html")
    query: Query = parse('product:"Hikvision IP Camera" country:DE port:80')
    assert query.not_in_trends == ()
    assert query.filters == ("product", "country", "port")


def test_addresses_of_ipv6_stand_in_a_field_of_their_own() -> None:
    shown = banner(ip=None, ip_str=None, ipv6="2001:db8::7")
    assert read("net", shown) == ("2001:db8::7",)
    assert parse("net:2001:db8::/32").matches(shown)
    assert not parse("net:10.0.0.0/8").matches(shown)
