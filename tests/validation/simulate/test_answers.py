"""What products answer fills every column of evidence, also from far down a page, and lets nothing personal in."""

import functools
import json

import numpy as np
import pytest

from camcensus.core.tables import EVIDENCE
from camcensus.ingest.evidence import evidence_of
from camcensus.ingest.text import PAGE
from camcensus.readers.banner import Banner, soften
from camcensus.validation.simulate.answers import answer
from camcensus.validation.simulate.lines import location
from camcensus.validation.simulate.pieces import PERSONAL, AnswerSpec
from camcensus.validation.simulate.population import VARIANTS
from camcensus.validation.simulate.products import Product, load_products
from camcensus.validation.simulate.templates import Rows, escaped, fill, macs_of, template_of

KEY = np.array([0x8D3F_5A91_C6E2_7B04], np.uint64)
PRODUCTS = load_products()


def spec_of(product: Product, service: int, variant: str = "plain", parsed: bool = True) -> AnswerSpec:
    return AnswerSpec(product, service, variant, "new", is_parsed=parsed, is_guessed=parsed)


def banner_of(spec: AnswerSpec) -> dict[str, object]:
    """The banner of one device, without address and place."""
    template, product = template_of(spec), spec.product
    rows = Rows(
        key=KEY,
        session=KEY % np.uint64(1 << 48),
        mac=macs_of(KEY, np.array([product.number]), PRODUCTS),
        model=np.array([escaped(product.models[0])], object),
        firmware=np.array([product.firmware[0]], object),
        host=np.array(["203.0.113.7"], object),
        seen_at=np.array([1.79e9]),
    )
    (text,) = fill([template], np.array([0]), rows)
    return {**json.loads(f"{{{text}}}"), "_shodan": {"module": template.answer.module}}


@functools.cache
def read_of(spec: AnswerSpec) -> dict[str, str]:
    return evidence_of(soften(banner_of(spec), Banner))


ALL = [
    spec_of(product, service, variant, parsed)
    for product in PRODUCTS
    for service in range(len(product.services))
    for variant in VARIANTS
    for parsed in (True, False)
]


@pytest.mark.slow
def test_some_product_fills_each_column_of_evidence() -> None:
    found = {column for spec in ALL for column in read_of(spec)}
    assert {column.name for column in EVIDENCE} - found == {"tags"}  # lines.py adds these by the network


def test_nothing_personal_is_read_of_any_answer() -> None:
    raw = [json.dumps(banner_of(spec)) for spec in ALL]
    assert sum(PERSONAL in text for text in raw) > 100
    assert [spec.product.maker for spec in ALL if PERSONAL in str(read_of(spec))] == []
    assert [spec.product.maker for spec in ALL if "192.168." in str(read_of(spec))] == []


@pytest.mark.parametrize(
    "element", ["codebase=webrec.cab", "applet=LiveApplet.zip", "generator=WebGateInc", "plugin=dvrocx"]
)
def test_what_tells_a_product_may_be_far_down_its_page(element: str) -> None:
    found = [spec for spec in ALL if element in read_of(spec).get("http_assets", "")]
    assert {spec.variant for spec in found} == {"plain", "retitled"}
    for spec in found:
        html = answer(spec).banner["http"]["html"]
        assert html.index(spec.product.piece("far")) > PAGE
        assert "far" in answer(spec).pieces
        assert spec.product.piece("far")[:20] not in read_of(spec)["http_html"]


def test_a_page_is_as_long_as_its_product_s() -> None:
    named = [p for p in PRODUCTS if p.piece("length")]
    assert len(named) > 8
    for product in named:
        service = next(n for n, s in enumerate(product.services) if s.kind in ("web", "https"))
        http = banner_of(spec_of(product, service))["http"]
        assert isinstance(http, dict)
        assert len(http["html"]) == int(product.piece("length")), product.maker


def test_addresses_of_cards_are_their_makers() -> None:
    keys = np.arange(1, 5_000, dtype=np.uint64) * np.uint64(0x9E37_79B9_7F4A_7C15)
    for product in PRODUCTS:
        macs = macs_of(keys, np.full(len(keys), product.number), PRODUCTS)
        assert set((macs >> np.uint64(24)).tolist()) == set(product.cards) or not product.cards
        assert product.cards or set((macs >> np.uint64(40)).tolist()) == {2}  # a local address, of no maker
    axis = next(p for p in PRODUCTS if p.maker == "Axis")
    found = read_of(spec_of(axis, 2))
    assert found["mac_organisation"] == "Axis Communications AB"
    assert found["rtsp_realm"] == "AXIS_" + found["mac"].replace(":", "")


def test_answers_lead_on_in_either_way() -> None:
    ways = {str(read_of(spec)["http_location"]): spec for spec in ALL if "http_location" in read_of(spec)}
    assert {"/view/viewer_index.shtml", "/gui/index.htm"} <= set(ways)
    assert "Location: http://$host/gui/" in answer(ways["/gui/index.htm"]).banner["data"]
    assert answer(ways["/view/viewer_index.shtml"]).banner["http"]["redirects"]


def test_places_have_regions() -> None:
    assert json.loads(location("NL", 0))["region_code"] == "01"
    assert json.loads(location("NL", 4))["city"] == "Netherlands City 5"
    assert json.loads(location(None, 4))["city"] is None
