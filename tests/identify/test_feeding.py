"""Each counted signature has queries that return its examples, or a reason; queries are few, stable and narrow."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from camcensus.core.query import Fields, parse
from camcensus.core.tables import COUNTED_TYPES
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.entries import Maker, Query, Signature, WordList
from camcensus.identify.example_banners import answer_with
from camcensus.identify.feeding import feeding, unfed_faults
from camcensus.identify.made_queries import LONGEST, MOST_VALUES, covers, slug_of
from tests.conftest import banner


def signature(field: str, pattern: str, *examples: str, **named: Any) -> Signature:
    values = {"maker": "specific", "type": "camera", "file_maker": "Kestrel", "source": "x", "licence": "x", **named}
    return Signature.model_validate(
        {
            "id": "kestrel.x",
            "field": field,
            "pattern": pattern,
            "examples": list(examples),
            "counterexamples": [],
            **values,
        }
    )


def texts(*signatures: Signature, about: Sequence[Maker] = (), lists: Sequence[WordList] = ()) -> list[str]:
    made = feeding((), signatures, (), about, lists).made
    return [query.text for query in made if query.manufacturer]


@pytest.mark.slow
def test_each_counted_signature_is_fed_or_says_why(catalogue: Catalogue) -> None:
    queries = [parse(query.text) for query in catalogue.queries]
    counted = [one for one in catalogue.signatures if one.type in COUNTED_TYPES]
    assert catalogue.feeding.unfed.keys() <= {one.id for one in counted}
    for one in counted:
        if one.id not in catalogue.feeding.unfed:
            for example in one.examples:
                fields = Fields(answer_with(one.field, example))
                assert any(query.returns(fields) for query in queries), (one.id, example)


@pytest.mark.parametrize(
    ("field", "pattern", "example", "expected"),
    [
        ("http.server", "^KestrelCam/", "KestrelCam/2.4", ['"Server: KestrelCam/"']),
        ("rtsp.realm", r"^Kestrel KO-\d+$", "Kestrel KO-12", ['"realm=Kestrel KO-"']),
        ("http.title", "^Kestrel Web, Live$", "Kestrel Web, Live", ['http.title:"Kestrel Web Live"']),
        ("http.html", r'src="/kestrel\.js"', '<script src="/kestrel.js">', ['http.html:"src= /kestrel.js"']),
        ("http.favicon", "^(?:-12|34)$", "-12", ["http.favicon.hash:-12,34"]),
        ("cert.subject", "(?:^|,)O=Kestrel Optics(?:,|$)", "CN=a,O=Kestrel Optics", ['ssl:"Kestrel Optics"']),
        ("cert.subject", "^CN=kestrel-cam", "CN=kestrel-cam,O=x", ['ssl.cert.subject.cn:"kestrel-cam"']),
        ("telnet.banner", "Welcome to KestrelOS", "Welcome to KestrelOS 2", ['"Welcome to KestrelOS"']),
        ("snmp.description", "^Kestrel IP", "Kestrel IP 7", ['"Kestrel IP"']),
        ("module", "^kestrel-dvr$", "kestrel-dvr", ['shodan.module:"kestrel-dvr"']),
    ],
)
def test_a_field_is_looked_for_where_the_engine_has_it(
    field: str, pattern: str, example: str, expected: list[str]
) -> None:
    found = texts(signature(field, pattern, example))
    assert found == expected
    assert parse(found[0]).matches(banner(**answer_with(field, example)))
    assert not parse(found[0]).matches(banner())


@pytest.mark.parametrize(
    ("field", "pattern", "example", "reason"),
    [
        ("block", "^dahua$", "dahua", "the engine has no filter for block"),
        ("http.realm", r"^KO\d+$", "KO12", "the pattern has no complete word"),
        ("http.title", "^Live View$", "Live View", "its words are also those of many other pages"),
        ("http.html", r"\bserver\b", "my server", "its words are also those of many other pages"),
        ("http.html", r"\bkes\w{2,9}\.(?:cab|exe)", "kestrel.cab", "its words are also those of many other pages"),
        ("http.server", r"^thttpd/\d", "thttpd/2.25b", "its words are also those of many other pages"),
    ],
)
def test_what_cannot_be_looked_for_has_a_reason(field: str, pattern: str, example: str, reason: str) -> None:
    found = feeding((), [signature(field, pattern, example)], (), (), ())
    assert [query.text for query in found.made if query.manufacturer] == []
    assert found.unfed["kestrel.x"].startswith(reason)


def test_reasons_are_missing_or_too_many(catalogue: Catalogue) -> None:
    assert unfed_faults(catalogue.signatures, catalogue.feeding.unfed) == []
    no_reason = signature("block", "^dahua$", "dahua")
    fed = signature("http.server", "^KestrelCam/", "KestrelCam/2", id="kestrel.y", unfed="no")
    unfed = feeding((), [no_reason, fed], (), (), ()).unfed
    missing, needless = unfed_faults([no_reason, fed], unfed)
    assert missing.startswith("kestrel.x: no query finds it (the engine has no filter for block); ")
    assert missing.endswith("or say why in unfed")
    assert needless == "kestrel.y: has a reason why no query finds it (unfed), but one does; remove the reason"
    said = signature("block", "^dahua$", "dahua", unfed="the engine has no filter for blocks")
    assert unfed_faults([said], unfed) == []


def test_a_written_query_that_feeds_a_signature_is_enough() -> None:
    one = signature("http.realm", r"^KO\d+$", "KO12")
    written = Query(
        id="kestrel.query.x", text='"WWW-Authenticate" KO12', since=date(2026, 1, 1), catches="x", also="y",
        trends=True, manufacturer="Kestrel",
    )  # fmt: skip
    assert feeding([written], [one], (), (), ()).unfed == {}
    fed = signature("http.server", "^KO12 WWW-Authenticate/", "KO12 WWW-Authenticate/1")
    assert [q for q in feeding([written], [fed], (), (), ()).made if q.manufacturer] == []


def test_a_name_is_enough_where_all_products_are_cameras_and_else_needs_a_word() -> None:
    only = texts(about=[Maker(manufacturer="Kestrel", names=("Kestrel",), range="only")])
    mixed = texts(about=[Maker(manufacturer="Kestrel", names=("Kestrel",), range="mixed")])
    assert '"Kestrel"' in only
    assert '"Kestrel"' not in mixed
    router, camera = banner(data="Server: Kestrel Router"), banner(data="Server: Kestrel Network Camera")
    assert any(parse(text).matches(router) for text in only)
    assert not any(parse(text).matches(router) for text in mixed)
    assert any(parse(text).matches(camera) for text in mixed)
    shop = banner(data="HTTP/1.1 200 OK", http={"title": "Kestrel shop"})
    assert not any(parse(text).matches(shop) for text in (*only, *mixed))


def test_the_name_of_a_maker_of_other_things_too_is_no_phrase_of_its_cameras() -> None:
    one = signature("snmp.description", r"\bKestrel IPC\d{4}", "Kestrel IPC1234")
    two = signature("snmp.description", r"\bKestrel Webcam \d{4}", "Kestrel Webcam 1234", id="kestrel.y")
    for range_, unfed in {"mixed": {"kestrel.x"}, "only": set()}.items():
        maker = Maker.model_validate({"manufacturer": "Kestrel", "names": ("Kestrel",), "range": range_})
        found = feeding((), [one, two], (), [maker], ())
        assert set(found.unfed) == unfed
        assert any(parse(query.text).matches(banner(data="Kestrel Webcam 1234")) for query in found.made)
        router = banner(data="Kestrel Router", product=None, http={})
        assert any(parse(query.text).matches(router) for query in found.made) == (range_ == "only")


def test_words_that_say_too_little_alone_need_an_answer_of_devices() -> None:
    values = {"id": "words.x", "type": "camera", "language": "en", "words": ["camera", "webcam"]}
    weak = feeding((), (), (), (), [WordList.model_validate(values)]).made
    alone = feeding((), (), (), (), [WordList.model_validate({**values, "alone": True})]).made
    shop = banner(data="HTTP/1.1 200 OK\r\nX-Shop: camera\r\n", product=None, http={"title": "All for your camera"})
    device = banner(
        data='HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="Camera"\r\n', product=None, http={}
    )
    program = banner(data='HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="Webcam"\r\n', product=None, http={})
    found = {
        name: [any(parse(query.text).matches(one) for query in made) for one in (shop, device, program)]
        for name, made in {"weak": weak, "alone": alone}.items()
    }
    assert found == {"weak": [False, True, False], "alone": [True, True, True]}
    stream = banner(data="RTSP/1.0 401 Unauthorized\r\nServer: Camera Streamer\r\n", product=None, http={})
    assert any(parse(query.text).matches(stream) for query in weak)


def test_values_are_packed_and_split_again_where_they_are_too_many() -> None:
    numbers = [str(100_000 + n) for n in range(60)]
    found = texts(*(signature("http.favicon", f"^{n}$", n, id=f"kestrel.{n}") for n in numbers))
    assert len(found) == 3
    assert max(text.count(",") for text in found) < MOST_VALUES
    assert sorted(value for text in found for value in text.split(":")[1].split(",")) == numbers


@pytest.mark.slow
def test_queries_are_valid_short_named_once_and_the_same_every_time(catalogue: Catalogue) -> None:
    made = catalogue.feeding.made
    assert len({query.id for query in made}) == len(made)
    for query in made:
        assert len(query.text) <= LONGEST + 100
        assert parse(query.text).not_in_trends == () or not query.trends
    again = feeding(catalogue.written, catalogue.signatures, catalogue.models, catalogue.about, catalogue.words)
    assert again.made == made


def test_different_queries_have_different_ids() -> None:
    both = signature("telnet.banner", r"^Kestrel .* Buzzard$", "Kestrel x Buzzard", id="kestrel.a")
    phrase = signature("telnet.banner", "^Kestrel Buzzard$", "Kestrel Buzzard", id="kestrel.b")
    plus, minus = (signature("http.favicon", f"^{n}$", n, id=f"kestrel.{n}", file_maker=m) for n, m in HASHES.items())
    found = feeding((), [both, phrase, plus, minus], (), (), ()).made
    assert {query.id: query.text for query in found if query.manufacturer} == {
        "kestrel.fed.http-favicon-hash.123": "http.favicon.hash:123",
        "kestrel.fed.data.kestrel_buzzard": '"Kestrel" "Buzzard"',
        "merlin.fed.http-favicon-hash.minus-123": "http.favicon.hash:-123",
    }


HASHES = {"123": "Kestrel", "-123": "Merlin"}


def test_an_id_says_its_maker_whatever_the_catalogue(catalogue: Catalogue) -> None:
    for query in catalogue.queries:
        assert catalogue.maker_of(query.id) == query.manufacturer
    assert catalogue.maker_of("hikvision.fed.http-title.gone") == "Hikvision"
    assert catalogue.maker_of("hikvision.query.gone") is None
    assert slug_of("a.query.b") == ""


def test_no_made_query_is_covered_by_another_of_its_maker(catalogue: Catalogue) -> None:
    by_maker: dict[str | None, list[Any]] = {}
    for query in catalogue.feeding.made:
        terms = parse(query.text).terms
        if all(len(term.values) == 1 for term in terms):
            by_maker.setdefault(query.manufacturer, []).append(terms)
    for queries in by_maker.values():
        for n, one in enumerate(queries):
            assert not any(covers(other, one) for m, other in enumerate(queries) if m != n), one


@pytest.mark.parametrize(
    ("query", "other", "expected"),
    [
        ("kestrel", '"kestrel camera"', True),
        ('"kestrel camera"', "kestrel", False),
        ("kestrel", "kestrel port:80", True),
        ("port:80,81", "port:80", True),
        ("port:80", "port:80,81", False),
        ("kestrel", 'http.title:"kestrel"', False),
        ('http.title:"a,b"', 'http.title:"b c,a"', True),
        ("kestrel", "-kestrel", False),
    ],
)
def test_covers(query: str, other: str, expected: bool) -> None:
    assert covers(parse(query).terms, parse(other).terms) is expected


def test_web_pages_printers_and_routers_are_not_returned(catalogue: Catalogue) -> None:
    others = [
        banner(data="HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\n\r\n", product="nginx", http={
            "title": "Security cameras and accessories", "html": "<h1>Our shop has all camera brands</h1>"}),
        banner(data='HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="Router"\r\n', product=None, http={}),
        banner(data="220 ProFTPD Server ready.\r\n", product="ProFTPD", http=None),
        banner(data="HTTP/1.1 200 OK\r\nServer: HP HTTP\r\n\r\n", product="HP printer", http={"title": "HP LaserJet"}),
        banner(data="SSH-2.0-OpenSSH_8.2", product="OpenSSH", http=None),
    ]  # fmt: skip
    queries = [(query.id, parse(query.text)) for query in catalogue.feeding.made]
    for other in others:
        assert [name for name, query in queries if query.matches(other)] == []
