"""The borders file as it is committed, and the map drawn from it."""

import io
import itertools
import json
import pathlib
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Bbox

from camcensus.core.countries import load_countries
from camcensus.core.resources import bundled
from camcensus.report.charts.geometry import equal_earth, project, world_shapes
from camcensus.report.charts.style import Frame
from camcensus.report.charts.world_map import LEFT_OUT, NONE_FOUND, WorldMap, count_classes

WORDS = {"title": "Cameras by country", "subtitle": "Hosts", "source": "IP Geolocation by DB-IP (https://db-ip.com)"}
SOME = {"NL": 12, "US": 4500, "SG": 90, "CN": 70_000, "FR": 0, "ZZ": 3, "NA": 1}


def borders_file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(bundled("data/reference/borders.json").read_bytes())
    return content


def draw_world_map(values: dict[str, int], *, synthetic: bool, left_out: Iterable[str] = (), **words: str) -> Figure:
    """Draw a map."""
    return WorldMap(tuple(values.items()), Frame(**words, synthetic=synthetic), tuple(left_out)).draw()


def saved(figure: Figure, kind: str) -> bytes:
    out = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "camcensus"}):
        figure.savefig(out, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return out.getvalue()


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.texts]


def legend(figure: Figure) -> list[str]:
    found = figure.axes[0].get_legend()
    assert found is not None
    return [t.get_text() for t in found.get_texts()]


def drawn(figure: Figure, lon: float, lat: float, *, hatch: bool = False) -> str | None:
    """Face colour (or hatch) of the topmost land at a place."""
    x, y = project(np.array([lon]), np.array([lat]))
    land = [p for p in figure.axes[0].patches if isinstance(p, PathPatch) and p.get_facecolor()[3] == 1.0]
    there = [p for p in land if p.get_path().contains_point((float(x[0]), float(y[0])))]
    if not there:
        return None
    return there[-1].get_hatch() if hatch else matplotlib.colors.to_hex(there[-1].get_facecolor())


def on(ring: Any, box: Bbox) -> bool:
    return bool(Path(ring).intersects_bbox(box, filled=True))


# --- the file ---


def test_size() -> None:
    assert bundled("data/reference/borders.json").stat().st_size < 300_000


def test_rings_are_closed_and_do_not_smear() -> None:
    for code, rings in borders_file()["polygons"].items():
        for ring in rings:
            assert ring[0] == ring[-1], code
            assert len(ring) >= 4, code
            assert all(abs(a[0] - b[0]) < 180 for a, b in itertools.pairwise(ring)), code
            assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring), code


def test_russia_and_fiji_are_on_both_sides_of_the_antimeridian() -> None:
    polygons = borders_file()["polygons"]
    for code in ("RU", "FJ"):
        lons = [lon for ring in polygons[code] for lon, _ in ring]
        assert min(lons) == -180.0, code
        assert max(lons) == 180.0, code


def test_all_but_antarctica_is_drawn_and_nothing_else() -> None:
    content = borders_file()
    codes = {c for c in content["polygons"] if not c.startswith("_")} | content["points"].keys()
    assert load_countries().keys() - codes == {"AQ"}
    assert codes <= load_countries().keys()
    uncoded = {c for c in content["polygons"] if c.startswith("_")}
    assert uncoded == {"_Northern Cyprus", "_Siachen Glacier", "_Somaliland"}


@pytest.mark.parametrize(
    ("code", "lon", "lat"),
    [("SG", 103.8, 1.35), ("GF", -53.1, 3.9), ("RE", 55.5, -21.1), ("TV", 179.2, -8.5), ("HK", 114.2, 22.3)],
)
def test_dots_and_overseas_territories_are_in_their_place(code: str, lon: float, lat: float) -> None:
    content = borders_file()
    places = [content["points"][code]] if code in content["points"] else content["polygons"][code][0]
    assert min(abs(x - lon) + abs(y - lat) for x, y in places) < 2.5
    assert not [x for ring in content["polygons"]["FR"] for x, _ in ring if not -6 < x < 10]


# --- projection and classes ---


def test_equal_earth_at_known_points() -> None:
    x, y = equal_earth(np.array([0.0, 180.0, 0.0]), np.array([0.0, 0.0, 90.0]))
    assert x == pytest.approx([0, 2.70663, 0], abs=1e-4)
    assert y == pytest.approx([0, 0, 1.31736], abs=1e-4)


def test_equal_earth_keeps_areas() -> None:
    """A cell of one degree has the same area on the map as on the sphere."""
    for lat in (0.0, 35.0, 60.0, 78.0):
        x, y = equal_earth(np.array([20.0, 21, 21, 20, 20]), np.array([lat, lat, lat + 1, lat + 1, lat]))
        flat = abs(sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2
        sphere = np.radians(1) * (np.sin(np.radians(lat + 1)) - np.sin(np.radians(lat)))
        assert flat == pytest.approx(sphere, rel=1e-3)


@pytest.mark.parametrize(
    ("largest", "labels"),
    [
        (0, []),
        (1, ["1"]),
        (12, ["1", "2–4", "5–9", "10–19"]),
        (99, ["1", "2–4", "5–9", "10–19", "20–49", "50–99"]),
        (100, ["1–2", "3–9", "10–29", "30–99", "100–299"]),
        (4500, ["1–9", "10–99", "100–999", "1,000–9,999"]),
        (999_999, ["1–9", "10–99", "100–999", "1,000–9,999", "10,000–99,999", "100,000–999,999"]),
        (5_000_000, ["1–99", "100–999", "1,000–9,999", "10,000–99,999", "100,000–999,999", "1,000,000–9,999,999"]),
    ],
)
def test_classes(largest: int, labels: list[str]) -> None:
    assert [c.label for c in count_classes(largest)] == labels


@pytest.mark.parametrize("largest", [3, 10, 29, 30, 400, 999, 1000, 10**6, 10**9])
def test_classes_have_no_gap_and_get_darker(largest: int) -> None:
    classes = count_classes(largest)
    assert classes[0].low == 1
    assert classes[-1].low <= largest <= classes[-1].high
    assert all(b.low == a.high + 1 for a, b in itertools.pairwise(classes))
    grey = [float(np.dot(to_rgb(c.color), (0.299, 0.587, 0.114))) for c in classes]
    assert all(a - b > 0.07 for a, b in itertools.pairwise(grey))


# --- the map ---


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_bytes_twice(kind: str) -> None:
    first, second = (saved(draw_world_map(SOME, **WORDS, synthetic=True, left_out=["CN"]), kind) for _ in range(2))
    assert first == second
    assert first.startswith(b"\x89PNG" if kind == "png" else b"<?xml")
    assert len(first) < 700_000


def test_the_order_of_the_values_does_not_matter() -> None:
    back = dict(reversed(SOME.items()))
    assert saved(draw_world_map(back, **WORDS, synthetic=False), "svg") == saved(
        draw_world_map(SOME, **WORDS, synthetic=False), "svg"
    )


def test_countries_have_the_colour_of_their_class() -> None:
    figure = draw_world_map(SOME, **WORDS, synthetic=False)
    by_label = {c.label: c.color for c in count_classes(70_000)}
    assert drawn(figure, -100, 40) == by_label["1,000–9,999"]
    assert drawn(figure, 17, -22) == by_label["1–9"]  # Namibia
    assert drawn(figure, 105, 33) == by_label["10,000–99,999"]


def test_none_found_is_hatched_and_not_a_low_count() -> None:
    figure = draw_world_map(SOME, **WORDS, synthetic=False)
    assert drawn(figure, 2.5, 46.5, hatch=True) == NONE_FOUND.hatch  # France: 0
    assert drawn(figure, 28, 50, hatch=True) == NONE_FOUND.hatch  # Ukraine: missing
    assert NONE_FOUND.face not in {c.color for c in count_classes(70_000)}
    assert "None found" in legend(figure)
    assert "Left out of the study" not in legend(figure)


def test_what_is_left_out_shows_no_count() -> None:
    figure = draw_world_map(SOME, **WORDS, synthetic=False, left_out={"CN", "HK"})
    assert drawn(figure, 105, 33, hatch=True) == LEFT_OUT.hatch
    assert "Left out of the study" in legend(figure)
    assert legend(figure)[0] == "1,000–9,999"  # not China's class


def test_lesotho_is_a_hole_in_south_africa() -> None:
    figure = draw_world_map({"ZA": 5, "LS": 5000}, **WORDS, synthetic=False)
    assert drawn(figure, 28.3, -29.5) != drawn(figure, 24, -31)


def test_a_small_territory_is_a_dot_in_the_colour_of_its_class() -> None:
    figure = draw_world_map(SOME, **WORDS, synthetic=False)
    x, y = world_shapes().shapes["SG"].dot or (0, 0)
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o" and line.get_xdata()[0] == x]
    assert [(dot.get_color(), dot.get_ydata()[0]) for dot in dots] == [(count_classes(70_000)[1].color, y)]


def test_counts_without_a_place_are_named() -> None:
    notes = texts(draw_world_map({**SOME, "AQ": 2}, **WORDS, synthetic=False))
    assert any(note.endswith("Not on the map: Antarctica (AQ) 2, country not known (ZZ) 3.") for note in notes)
    assert not any("Not on the map" in note for note in texts(draw_world_map({"NL": 1}, **WORDS, synthetic=False)))


def test_synthetic_data_is_marked_and_only_that() -> None:
    made_up, measured = (draw_world_map(SOME, **WORDS, synthetic=s) for s in (True, False))
    assert any("SYNTHETIC DATA" in text for text in texts(made_up))
    assert not any("SYNTHETIC" in text for text in texts(measured))
    assert [t.get_text() for t in made_up.axes[0].texts] == ["SYNTHETIC DATA"]
    assert not measured.axes[0].texts


def test_texts_are_all_there_and_no_formulas() -> None:
    words = {
        "title": "Cost in $ and $x^2$ " * 6,
        "subtitle": "$ per host",
        "source": "See https://db-ip.com, $5 and $6",
    }
    figure = draw_world_map({}, **words, synthetic=False)
    assert saved(figure, "png")
    assert [" ".join(text.split()) for text in texts(figure)] == [
        words["title"].strip(),
        words["subtitle"],
        words["source"],
    ]


def test_an_empty_map_and_one_without_any_blank() -> None:
    everything = dict.fromkeys(world_shapes().shapes, 7)
    for values in ({}, {"NL": 0}, everything):
        assert saved(draw_world_map(values, **WORDS, synthetic=False), "png")


def test_a_count_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="NL"):
        draw_world_map({"NL": -1}, **WORDS, synthetic=False)


def test_the_legend_covers_no_land_and_no_dot() -> None:
    figure = draw_world_map({"US": 5_000_000}, **WORDS | {"title": "Long " * 25}, synthetic=False, left_out=["CN"])
    saved(figure, "png")
    axes = figure.axes[0]
    found = axes.get_legend()
    assert found is not None
    box = found.get_window_extent().transformed(axes.transData.inverted())
    shapes = world_shapes().shapes.values()
    assert not [shape.code for shape in shapes if shape.dot and box.contains(*shape.dot)]
    assert not [shape.code for shape in shapes if any(on(ring, box) for ring in shape.rings)]


# --- the script that makes the file ---


def test_the_build_script_cuts_and_shares_borders(tmp_path: pathlib.Path) -> None:
    """Two neighbours across the antimeridian, made up: their common border stays one line, cut at 180 degrees."""
    pytest.importorskip("babel")
    shapes = {
        "type": "Topology",
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": [[[170, 0], [20, 0]], [[-170, 0], [0, 10], [-20, 0], [0, -10]], [[170, 0], [0, -10], [20, 0], [0, 10]]],
        "objects": {
            "countries": {
                "geometries": [
                    {"type": "Polygon", "id": "643", "properties": {"name": "N"}, "arcs": [[0, 1]]},
                    {"type": "Polygon", "id": "242", "properties": {"name": "S"}, "arcs": [[2, -1]]},
                ]
            }
        },
    }
    package = tmp_path / "atlas.tgz"
    content = json.dumps(shapes).encode()
    with tarfile.open(package, "w:gz") as tar:
        info = tarfile.TarInfo("package/countries-50m.json")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    code = (
        "import sys, json, pathlib; sys.path.insert(0, sys.argv[1]); import build;"
        "print(json.dumps(build.borders(pathlib.Path(sys.argv[2]), {'643': 'RU', '242': 'FJ'})))"
    )
    folder = bundled("data/reference")
    run = subprocess.run(
        [sys.executable, "-B", "-c", code, folder, package], capture_output=True, text=True, check=True
    )
    polygons = json.loads(run.stdout)["polygons"]
    for name, south, north in (("RU", 0, 10), ("FJ", -10, 0)):
        assert len(polygons[name]) == 2
        for ring, (west, east) in zip(polygons[name], ((-180, -170), (170, 180)), strict=True):
            assert {tuple(p) for p in ring} == {(x, y) for x in (west, east) for y in (south, north)}
