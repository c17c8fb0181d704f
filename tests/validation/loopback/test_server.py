"""Every endpoint of the loopback Shodan, asked by the real package over HTTP."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shodan

from camcensus.core.query import parse
from camcensus.validation.loopback.account import Limits
from camcensus.validation.loopback.api import FACETS
from camcensus.validation.loopback.server import Loopback
from tests.conftest import banner, write_lines
from tests.validation.loopback.worlds import QUERY, cameras, client


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback(cameras(450)) as found:
        yield found


@pytest.fixture
def api(server: Loopback) -> Any:
    return client(server)


def refusal(server: Loopback, path: str) -> tuple[int, Any]:
    """Status and body of an answer, as they are on the wire."""
    try:
        with urllib.request.urlopen(f"{server.url}{path}") as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        body = error.read()
        return error.code, json.loads(body) if body.startswith(b"{") else body.decode()


def test_pages_hold_every_match_once_newest_first(api: Any) -> None:
    pages = [api.search(QUERY, page=page) for page in range(1, 7)]
    assert [len(page["matches"]) for page in pages] == [100, 100, 100, 100, 50, 0]
    assert {page["total"] for page in pages} == {450}
    found = [match for page in pages for match in page["matches"]]
    assert len({(match["ip_str"], match["port"]) for match in found}) == 450
    times = [match["timestamp"] for match in found]
    assert times == sorted(times, reverse=True)
    assert "facets" not in pages[0]


def test_pages_cut_hosts_apart(api: Any) -> None:
    first, second = ({match["ip_str"] for match in api.search(QUERY, page=page)["matches"]} for page in (1, 2))
    assert first & second


def test_a_count_gives_total_and_facets_that_do_not_cover_what_has_no_country(api: Any) -> None:
    found = api.count(QUERY, facets=[("country", 1000), ("port", 2), "http.title"])
    assert found["matches"] == []
    assert found["total"] == 450
    countries = {item["value"]: item["count"] for item in found["facets"]["country"]}
    assert set(countries) == {"DE", "US", "FR"}
    assert sum(countries.values()) < 450
    assert [item["count"] for item in found["facets"]["port"]] == [150, 150]
    assert len(found["facets"]["http.title"]) == 5


def test_facets_and_queries_agree_with_the_matcher(api: Any) -> None:
    shown = cameras(450)
    for text in (
        "port:80 country:DE",
        "-country:US,FR",
        "net:81.0.16.0/20",
        '"App-webs" -port:554',
        'http.title:"camera 3"',
    ):
        wanted = [b for b in shown if parse(text).matches(b)]
        found = api.count(text, facets=[("country", 10), ("ip", 1000), ("port", 10)])
        assert 0 < found["total"] == len(wanted) < 450
        for name, value in (("country", lambda b: b["location"]["country_code"]), ("ip", lambda b: b["ip_str"])):
            expected = Counter(value(b) for b in wanted if value(b))
            assert {item["value"]: item["count"] for item in found["facets"][name]} == expected


def test_a_facet_is_cut_off_at_the_limit() -> None:
    with Loopback(cameras(90), limits=Limits(facet=2)) as server:
        found = client(server).count(QUERY, facets=[("country", 1000)])
        assert len(found["facets"]["country"]) == 2


def test_price_of_searches_and_counts() -> None:
    with Loopback(cameras(150), plan="dev") as server:
        api = client(server)
        api.count(QUERY, facets=["country"])
        api.search("webs")
        assert server.account.credits == 100
        api.search(QUERY)
        api.search("webs", page=2)
        assert server.account.credits == 98
        assert api.info()["query_credits"] == 98
        assert [(entry.path, entry.page, entry.credits) for entry in server.log] == [
            ("/shodan/host/count", 1, 0),
            ("/shodan/host/search", 1, 0),
            ("/shodan/host/search", 1, 1),
            ("/shodan/host/search", 2, 1),
            ("/api-info", 1, 0),
        ]


def test_no_credits_is_told_as_the_real_one_tells_it() -> None:
    with Loopback(cameras(10), plan="dev", credits=1) as server:
        api = client(server)
        api.search(QUERY)
        with pytest.raises(shodan.APIError, match="Insufficient query credits, please upgrade your API plan or wait"):
            api.search(QUERY)
        assert server.log[-1].status == 401
        assert api.count(QUERY)["total"] == 10
        server.account.credits = 5
        assert api.search(QUERY)["total"] == 10


def test_a_request_without_a_key_or_with_a_revoked_one_is_refused_with_a_page() -> None:
    with Loopback(cameras(1)) as server:
        status, body = refusal(server, "/api-info")
        assert status == 401
        assert "401 Unauthorized" in body
        server.account.revoked = True
        with pytest.raises(shodan.APIError, match="Invalid API key"):
            client(server).info()
        server.account.revoked = False
        assert client(server).info()["plan"] == "enterprise"


@pytest.mark.parametrize(
    ("plan", "path", "refused"),
    [
        ("free", "/shodan/host/search?query=webs", (403, "Requires membership or higher to access")),
        ("free", "/shodan/host/count?query=port:80", (401, "Please upgrade your API plan to use filters or paging.")),
        ("free", "/shodan/host/count?query=webs", None),
        ("dev", "/shodan/host/search?query=port:80&page=2", None),
        ("dev", "/shodan/host/search?query=webs&fields=port", (401, "Please upgrade your API plan")),
        ("dev", "/shodan/host/search?query=vuln:CVE-1", (401, "Please upgrade your API plan")),
        ("dev", "/api/v1/search?query=port:80", (403, "Requires membership")),
        ("plus", "/shodan/host/search?query=webs&fields=port", None),
        ("plus", "/shodan/host/search?query=vuln:CVE-1", None),
        ("plus", "/shodan/host/count?query=-tag:honeypot", (401, "Please upgrade your API plan")),
        ("corporate", "/shodan/host/count?query=tag:iot", (401, "Please upgrade your API plan")),
        ("enterprise", "/shodan/host/count?query=tag:iot", None),
        ("enterprise", "/api/v1/search?query=port:80", None),
    ],
)
def test_what_a_plan_may_do(plan: str, path: str, refused: tuple[int, str] | None) -> None:
    with Loopback(cameras(3), plan=plan) as server:
        status, body = refusal(server, f"{path}&key=x")
        assert status == (refused[0] if refused else 200)
        if refused:
            assert body["error"].startswith(refused[1])


def test_too_many_requests() -> None:
    with Loopback(cameras(3), limits=Limits(rate=1, retry_after=1)) as server:
        api = client(server)
        api.info()
        with pytest.raises(shodan.APIError, match=r"Request rate limit reached \(1 request/ second\)\. Please wait"):
            api.info()
        assert [entry.status for entry in server.log] == [200, 429]
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{server.url}/api-info?key=x")
        assert caught.value.headers["Retry-After"] == "1"


def test_tokens_say_which_filters_a_query_uses_and_what_is_wrong(api: Any) -> None:
    assert api.search_tokens("Raspbian port:22") == {
        "attributes": {"ports": [22]},
        "errors": [],
        "string": "Raspbian",
        "filters": ["port"],
    }
    assert api.search_tokens("nosuch:1 port:80")["errors"] == ["Invalid filter: nosuch"]
    assert api.search_tokens('"open')["errors"]


@pytest.mark.parametrize("query", ["nosuch:1", '"open', "port:x", "net:0.0.0.0/0", ""])
def test_a_bad_query_is_told_in_the_words_of_a_time_out(api: Any, query: str) -> None:
    with pytest.raises(shodan.APIError, match=r"The search request timed out or your query was invalid\."):
        api.search(query)


def test_unknown_facets_and_pages_that_are_none_are_refused(api: Any) -> None:
    for call in (lambda: api.count(QUERY, facets=["nosuch"]), lambda: api.search(QUERY, page=0)):
        with pytest.raises(shodan.APIError, match="invalid"):
            call()


def test_a_banner_is_whole_and_fields_gives_only_what_is_asked_for(api: Any) -> None:
    whole = api.search(QUERY, minify=False)["matches"][0]
    assert whole == cameras(1)[0]
    chosen = api.search(QUERY, fields=["ip_str", "http.title", "nosuch.x"])["matches"][0]
    assert chosen == {"ip_str": "81.0.0.7", "http": {"title": "Camera 0"}}


def test_banners_with_fields_of_wrong_kinds_are_served(tmp_path: Path) -> None:
    odd = {"ip_str": "81.0.0.1", "location": ["DE"], "tags": "iot", "_shodan": {"module": 7}, "http": "x", "data": 5}
    with Loopback(
        [write_lines(tmp_path / "a.json", [odd | {"port": 80}, odd | {"port": 81, "_shodan": {"module": "x"}}])]
    ) as server:
        api = client(server)
        assert api.search("5 tag:iot")["total"] == 2
        for name in FACETS:
            api.count("5", facets=[(name, 3)])


def test_ports_facets_and_unknown_paths(server: Loopback, api: Any) -> None:
    assert api.ports() == [80, 554, 8000]
    assert "country" in FACETS
    assert "net" not in FACETS
    for name in FACETS:
        assert api.count(QUERY, facets=[(name, 3)])["total"] == 450
    assert refusal(server, "/shodan/host/81.0.0.7?key=x")[0] == 404


def test_trends_have_a_month_each_since_2017_06(api: Any) -> None:
    found = api.trends.search(QUERY, [("country", 2)])
    months = [item["month"] for item in found["matches"]]
    assert months[0] == "2017-06"
    assert months[-1] == "2026-10"
    assert months == sorted(set(months))
    assert len(months) == 113
    counts = [item["count"] for item in found["matches"]]
    assert counts == sorted(counts)
    assert counts[0] > 0
    assert counts[-1] == 450
    assert found["total"] == sum(counts)
    assert [item["key"] for item in found["facets"]["country"]] == months
    assert found["facets"]["country"][-1]["values"][0] == {"value": "DE", "count": 114}
    assert "facets" not in api.trends.search(QUERY, [])
    parts = [api.trends.search(f"{QUERY} {part}", [])["matches"] for part in ("port:80", "-port:80")]
    assert [a["count"] + b["count"] for a, b in zip(*parts, strict=True)] == counts


@pytest.mark.parametrize("query", ["device:webcam", "http.html:x", "shodan.module:http"])
def test_trends_refuse_the_filters_they_lack(api: Any, query: str) -> None:
    with pytest.raises(shodan.APIError, match="invalid"):
        api.trends.search(query, ["country"])
    with pytest.raises(shodan.APIError, match="invalid"):
        api.trends.search(QUERY, ["device"])


def test_banners_of_more_than_a_year_are_their_own_history() -> None:
    dated = [banner(ip_str=f"81.0.0.{i}", timestamp=f"20{18 + i // 12}-{i % 12 + 1:02}-05T00:00:00") for i in range(24)]
    with Loopback(dated) as server:
        found = client(server).trends.search(QUERY, [])
        assert [item["count"] for item in found["matches"] if item["month"] >= "2018-01"] == [1] * 24
        assert found["total"] == 24


def test_pages_beyond_the_deepest_time_out() -> None:
    with Loopback(cameras(450), plan="plus", limits=Limits(deepest=2)) as server:
        api = client(server)
        api.search(QUERY, page=2)
        with pytest.raises(shodan.APIError, match="Search cursor timed out"):
            api.search(QUERY, page=3)
        assert server.account.credits == 199_999


def test_a_moving_window_repeats_rows_on_later_pages_and_loses_none_it_knew() -> None:
    with Loopback(cameras(1000), limits=Limits(drift=10)) as server:
        api = client(server)
        pages = [api.search(QUERY, page=page)["matches"] for page in (1, 2)]
        places = [(match["ip_str"], match["port"]) for page in pages for match in page]
        assert len(places) - len(set(places)) == 10
        assert {api.count(QUERY)["total"] for _ in range(3)} == {900}


def test_files_are_answered_from_byte_for_byte(tmp_path: Path) -> None:
    odd = (
        '{"ip_str": "81.0.0.1",  "port": 80, "timestamp": "2026-10-01T00:00:00", "data": "caf\\u00e9 1.50", "x": 1.50}'
    )
    older = banner(ip_str="81.0.0.1", timestamp="2026-09-01T00:00:00")
    path = write_lines(tmp_path / "a.json", [older, odd, "", "broken", "[]", {"port": 80}])
    with Loopback([path]) as server:
        assert server.index.left_out == 3
        reply = urllib.request.urlopen(f"{server.url}/shodan/host/search?key=x&query=caf%C3%A9").read()
        assert reply == b'{"matches":[' + odd.encode() + b'],"total":1}'


def test_half_characters_are_served_as_they_are(tmp_path: Path) -> None:
    torn = (
        '{"ip_str": "81.0.0.1", "port": 80, "data": "webcam", "product": "x \\ud83d", "http": {"title": "y \\udc00"}}'
    )
    with Loopback([write_lines(tmp_path / "a.json", [torn])]) as server:
        api = client(server)
        assert api.search("webcam", minify=False)["matches"] == [json.loads(torn)]
        assert api.search("webcam")["matches"] == [json.loads(torn)]
        assert api.search("webcam", fields=["http.title"])["matches"] == [{"http": {"title": "y \udc00"}}]
        assert api.count("webcam", facets=["product"])["facets"]["product"] == [{"count": 1, "value": "x \ud83d"}]


def test_the_end_of_the_server_ends_connections_that_are_kept_open() -> None:
    with Loopback(cameras(1)) as server:
        api = client(server)
        api.info()
    with pytest.raises(shodan.APIError, match="Unable to connect"):
        api.info()


def test_it_listens_on_the_loopback_address_alone_and_forgets_the_key() -> None:
    with Loopback(cameras(1)) as server:
        assert server.url.startswith("http://127.0.0.1:")
        client(server, key="SECRET-KEY-1").info()
        assert "SECRET" not in repr(server.log)
        address = server._server.socket.getsockname()
        assert address[0] == "127.0.0.1"
    with pytest.raises(OSError, match=r"refused|reset"), socket.create_connection(address, timeout=5):
        pass


def test_several_clients_at_once_are_each_answered_and_counted() -> None:
    with Loopback(cameras(300), plan="plus") as server:
        found: list[int] = []

        def page_through() -> None:
            api = client(server)
            found.extend(len(api.search(QUERY, page=page)["matches"]) for page in (1, 2, 3))

        threads = [threading.Thread(target=page_through) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [100] * 18
        assert server.account.credits == 200_000 - 18
        assert [entry.number for entry in server.log] == list(range(1, 19))
