"""The model does what its parameters say: addresses that change, devices that hide, engines that depend."""

import ast
import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from camcensus.core.resources import bundled
from camcensus.geolocate.database import open_locator
from camcensus.geolocate.networks import KINDS, load_networks
from camcensus.identify.catalogue import load_catalogue
from camcensus.validation.simulate.banners import banners_of
from camcensus.validation.simulate.places import FIRST_PRIVATE_ASN, NETWORKS, country_codes, space
from camcensus.validation.simulate.population import DECOYS
from camcensus.validation.simulate.templates import hosts
from camcensus.validation.simulate.world import Plan, World, make_world

ROOT = Path(__file__).parents[3]
SIZE = 20_000


def world(**overrides: float) -> World:
    named = tuple((name.replace("__", "."), value) for name, value in overrides.items())
    return make_world(Plan(devices=SIZE, snapshots=3, seed=11, overrides=named))


@pytest.fixture(scope="module")
def plain() -> World:
    return world()


def test_about_as_many_devices_as_asked_for_are_there(plain: World) -> None:
    assert plain.view(2026).snapshot.exists.sum() == pytest.approx(SIZE, rel=0.1)


def test_some_addresses_change_every_day_and_the_others_rarely(plain: World) -> None:
    sites = plain.view(2026).sites
    days = plain.end(2026) - np.arange(10)[:, None] * 86_400.0
    epochs = np.stack([plain.places.epoch(sites.number, sites.locations, day) for day in days])
    daily = sites.locations.period == 1.0
    assert 0.02 < daily.mean() < 0.3
    assert (np.diff(epochs, axis=0)[:, daily] == -1).all()
    assert (epochs[0] == epochs[-1])[~daily].mean() > 0.9


def test_moves_leave_their_prefix_as_often_as_the_parameter_says(plain: World) -> None:
    sites = plain.view(2026).sites
    # In large networks; where there is room for one prefix only, nobody leaves it.
    large = (space(4).total[sites.locations.located] > 100_000) & ~sites.locations.ipv6 & (sites.fleet < 0)
    first, second = (
        plain.places.address(sites.number, sites.locations, np.full(len(large), epoch), sites.fleet)[1]
        for epoch in (5, 6)
    )
    far = np.abs((first >> np.uint64(8)).astype(np.int64) - (second >> np.uint64(8)).astype(np.int64)) >= 64
    assert far[large].mean() == pytest.approx(plain.parameters.number("addresses.leave_prefix"), abs=0.04)


def test_addresses_lie_where_the_country_database_puts_them(plain: World) -> None:
    sites = plain.view(2026).sites
    high, low = plain.places.address(sites.number, sites.locations, np.zeros(len(sites.number), np.int64), sites.fleet)
    located = [
        country_codes()[n] for n in np.where(sites.locations.ipv6, sites.locations.country, sites.locations.located)
    ]
    assert open_locator().countries(hosts(high, low)) == located
    assert 0 < (sites.locations.located != sites.locations.country).mean() < 0.1


def test_fleets_share_a_network_and_clones_a_serial_number(plain: World) -> None:
    found = plain.view(2026)
    sites = found.sites
    zero = np.zeros(len(sites.number), np.int64)
    prefix = plain.places.address(sites.number, sites.locations, zero, sites.fleet)[1] >> np.uint64(8)
    fleet = sites.fleet == np.bincount(sites.fleet[sites.fleet >= 0]).argmax()
    assert fleet.sum() > 5
    assert len(set(prefix[fleet].tolist())) == 1
    cloned = sites.decoy[found.devices.site] == DECOYS.index("cloned")
    assert len(np.unique(found.devices.key[cloned])) < cloned.sum() / 2
    assert len(np.unique(found.devices.key[~cloned])) == (~cloned).sum()


def test_banned_makers_come_no_more_and_go_sooner(plain: World) -> None:
    found = plain.view(2026)
    makers = np.array([str(p.maker) for p in plain.population.market.products])[found.devices.product]
    banned = np.isin(makers, ["Hikvision", "Dahua"])
    camera = found.sites.group[found.devices.site] == 0
    country = found.sites.locations.country[found.devices.site]
    home = plain.places.banned_from[country] - 2026
    late = found.sites.born[found.devices.site] > home
    alone = np.bincount(found.devices.site)[found.devices.site] == 1
    assert banned[camera & ~late].mean() > 0.3
    assert not banned[camera & late & alone].any()


def test_countries_and_makers_are_as_large_beside_each_other_as_a_study_found(plain: World) -> None:
    text = bundled("data/reference/prior_studies.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["study"] == "Comparitech NDAA"]
    told = {row["place"]: int(row["count"]) for row in rows if len(row["place"]) == 2}
    found = plain.view(2026)
    camera = (found.sites.group == 0) & (found.sites.gone > 0) & (found.sites.born <= 0)
    hosts = np.bincount(found.sites.locations.country[camera], minlength=len(country_codes()))
    largest = [country_codes()[n] for n in np.argsort(-hosts)[: len(told)]]
    assert largest == sorted(told, key=lambda code: -told[code])
    for code, count in told.items():
        share = hosts[country_codes().index(code)] / hosts[country_codes().index("US")]
        assert share == pytest.approx(count / told["US"], rel=0.25)
    makers = [str(p.maker) for p in plain.population.market.products]
    number = np.array(makers)[found.devices.product[camera[found.devices.site]]]
    assert [name for name, _ in Counter(number.tolist()).most_common(3) if name != "None"][:2] == ["Hikvision", "Dahua"]


def test_firmware_is_as_old_as_it_can_be_at_a_snapshot(plain: World) -> None:
    devices = plain.view(2026).devices
    rows = np.flatnonzero([plain.population.market.products[p].maker == "Hikvision" for p in devices.product])
    products = [plain.population.market.products[p] for p in devices.product[rows]]
    for year in plain.years:
        versions = plain.view(year).firmware(rows)
        since = np.array([p.firmware_since[version] for p, version in zip(products, versions, strict=True)])
        installed = devices.installed[rows] <= year
        assert since[installed].max() == year
        assert (since[installed] < year - 4).mean() > 0.2


def test_networks_have_numbers_of_their_country(plain: World) -> None:
    places, known = plain.places, load_networks()
    owned = plain.parameters.section("networks.numbers")
    network = np.arange(len(country_codes()) * len(KINDS) * NETWORKS)
    real = 0
    for at, number in zip(network.tolist(), places.asns[network].tolist(), strict=True):
        country, kind = divmod(at // NETWORKS, len(KINDS))
        if number < FIRST_PRIVATE_ASN:
            real += 1
            assert known[number] == KINDS[kind]
            assert number in {*owned.get(country_codes()[country], ()), *owned["everywhere"]}
    assert real / len(network) == pytest.approx(0.6 / len(KINDS), abs=0.05)


def odds_ratio(of: World) -> float:
    """Between the two engines' finds of the services of the largest stratum."""
    view = of.view(2026)
    first, second = (engine.finds(view.sites, view.devices, view.snapshot) for engine in of.engines.values())
    services, locations = view.snapshot.services, view.sites.locations
    site = view.devices.site[services.device]
    same = (
        (locations.country[site] == country_codes().index("US")) & (locations.kind[site] == 2) & (services.port == 80)
    )
    a, b = first[same], second[same]
    return float((a & b).sum() * (~a & ~b).sum() / ((a & ~b).sum() * (~a & b).sum()))


def test_dependence_of_the_engines_is_a_parameter() -> None:
    wide = {"engine__first__spread": 2.5, "engine__second__spread": 2.5}
    none, whole = odds_ratio(world(engine__dependence=0.0, **wide)), odds_ratio(world(engine__dependence=1.0, **wide))
    assert 0.5 < none < 2.0
    assert whole > 3.0


def test_strings_that_the_catalogue_has_not_seen_are_there(plain: World) -> None:
    view = plain.view(2026)
    banners = banners_of(view, view.observations())
    makers = {p.maker for p in view.products if p.pool == "unknown"}
    assert not makers & set(load_catalogue(bundled("queries")).makers)
    assert {view.products[n].maker for n in banners.product.tolist()} >= makers
    assert (~banners.names & ~banners.tells).any()


def test_queries_that_ask_for_a_model_are_matched_with_one(plain: World) -> None:
    view = plain.view(2026)
    banners = banners_of(view, view.observations())
    specs = [template.spec for template in banners.templates]
    titled = [n for n, spec in enumerate(specs) if spec.product.piece("title") == "$model Network Camera"]
    web = np.isin(banners.template, [n for n in titled if specs[n].kind == "web" and specs[n].variant == "plain"])
    assert web.sum() > 20
    assert banners.returned[web].all()  # http.title:"Network Camera" http.title:"WV-"


def test_the_pipeline_never_reads_the_truth() -> None:
    allowed = {ROOT / "pipeline/camcensus/validation/simulate", ROOT / "pipeline/camcensus/validation/accuracy"}
    for path in (ROOT / "pipeline/camcensus").rglob("*.py"):
        if allowed & set(path.parents):
            continue
        names = [
            node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        ]
        assert not [name for name in names if name.startswith("camcensus.validation.simulate.truth")], path
