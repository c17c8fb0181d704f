"""Builds the reference files beside this script from four npm packages, for a maintainer; nothing runs this later.

    python data/reference/build.py CLDR_CORE.tgz WORLD_ATLAS.tgz DBIP_COUNTRY_MMDB.tgz ASN_COUNTRY.tgz

The same packages give the same bytes (for the .xz: with the same liblzma). Sources and licences: README.md.
"""

import argparse
import csv
import io
import itertools
import json
import lzma
import math
import re
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale

from camcensus.geolocate.database import open_locator

HERE = Path(__file__).resolve().parent

Point = tuple[float, float]  # (longitude, latitude) in degrees
Ring = list[Point]  # closed: the last point is the first
Rings = dict[str, list[Ring]]  # alpha-2 code, or "_Name" for land without one, to its rings

# --- countries.csv ---

REGIONS = {"002": "Africa", "019": "Americas", "142": "Asia", "150": "Europe", "009": "Oceania"}
# CLDR's own extras (not in ISO 3166-1); Antarctica, which M49 puts in no region, is added by hand.
NOT_ISO = frozenset({"AC", "AQ", "CP", "CQ", "DG", "EA", "IC", "TA"})
# CLDR's name is long, has brackets, or says what the code already says.
SHORT_NAMES = {
    "CC": "Cocos Islands",
    "CD": "DR Congo",
    "CG": "Congo",
    "HK": "Hong Kong",
    "MM": "Myanmar",
    "MO": "Macao",
    "PS": "Palestine",
}
COLUMNS = (
    "alpha2", "alpha3", "numeric", "name", "un_member", "region", "population", "population_source", "ipv4_located",
    "ipv4_delegated",
)  # fmt: skip

# --- borders.json ---

TOLERANCE = 0.11  # degrees a simplified border may be off; 1200 px for 360 degrees is 0.3 degrees a pixel
LEAST_RING = 150.0  # km2; smaller islands and lakes go, unless the territory has nothing larger
LEAST_VISIBLE = 5500.0  # km2; a territory whose largest piece is smaller also gets a dot
KM2_PER_SQUARE_DEGREE = 111.195**2  # at the equator, on a sphere of radius 6371 km
ANTARCTICA = "010"
# Shapes without an ISO number. "Indian Ocean Ter." is Christmas and the Cocos Islands: see INSIDE.
UNNUMBERED = {
    "Kosovo": "XK",
    "N. Cyprus": "_Northern Cyprus",
    "Somaliland": "_Somaliland",
    "Siachen Glacier": "_Siachen Glacier",
    "Indian Ocean Ter.": "AU",
}


class Inside(NamedTuple):
    """A territory drawn as part of `parent`: its pieces lie in this box of longitudes and latitudes."""

    code: str
    parent: str
    west: float
    south: float
    east: float
    north: float


INSIDE = (
    Inside("GF", "FR", -55, 2, -51, 6),
    Inside("GP", "FR", -62, 15.7, -60.9, 16.7),
    Inside("MQ", "FR", -61.4, 14.2, -60.7, 15),
    Inside("RE", "FR", 55, -21.6, 56, -20.7),
    Inside("YT", "FR", 44.8, -13.2, 45.5, -12.5),
    Inside("SJ", "NO", 10, 74, 34.5, 81),
    Inside("SJ", "NO", -9.5, 70.5, -7.5, 71.5),
    Inside("BQ", "NL", -69, 11.8, -62.5, 18),
    Inside("TK", "NZ", -173, -10, -170.5, -8),
    Inside("CX", "AU", 105, -11, 106.2, -10),
    Inside("CC", "AU", 96, -12.8, 97.5, -11.5),
)
# Territories without any shape in the source.
BY_HAND: dict[str, Point] = {
    "BV": (3.35, -54.42),
    "GI": (-5.35, 36.14),
    "TV": (179.19, -8.52),  # Funafuti
    "UM": (166.65, 19.28),  # Wake Island
}


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("cldr_core", "world_atlas", "dbip_country_mmdb", "asn_country"):
        parser.add_argument(name, type=Path, help=f"npm package {name.replace('_', '-')} (.tgz)")
    parser.add_argument("--to", type=Path, default=HERE, help="folder to write to")
    args = parser.parse_args()
    name, packed = geo_database(args.dbip_country_mmdb)
    write(args.to / name, packed)
    located, delegated = located_addresses(args.to / name), delegated_addresses(args.asn_country)
    rows = country_rows(args.cldr_core)
    for row in rows:
        code = row["alpha2"]
        row |= {"ipv4_located": str(located[code]), "ipv4_delegated": str(delegated[code])}
    write(args.to / "countries.csv", as_csv(rows))
    codes = {row["numeric"]: row["alpha2"] for row in rows}
    write(args.to / "borders.json", as_json(borders(args.world_atlas, codes)))


def write(path: Path, content: bytes) -> None:
    """Write one file and say so."""
    path.write_bytes(content)
    print(f"{path.name}: {len(content):,} bytes")


def member(package: Path, name: str) -> bytes:
    """One file of an npm package."""
    with tarfile.open(package) as tar:
        stream = tar.extractfile(f"package/{name}")
        assert stream is not None, f"{package} has no {name}"
        return stream.read()


def load_json(package: Path, name: str) -> Any:
    """One JSON file of an npm package."""
    return json.loads(member(package, name))


# --- countries.csv ---


def country_rows(package: Path) -> list[dict[str, str]]:
    """One row for each ISO 3166-1 code and XK, by alpha-2."""

    def part(name: str) -> Any:
        return load_json(package, f"supplemental/{name}.json")["supplemental"][name]

    codes, groups, facts = part("codeMappings"), part("territoryContainment"), part("territoryInfo")
    source = f"CLDR {load_json(package, 'package.json')['version'].removesuffix('.0')}"
    members = set(groups["UN"]["_contains"])
    regions = {code: name for group, name in REGIONS.items() for code in leaves(groups, group)}
    regions = {code: name for code, name in regions.items() if code not in NOT_ISO} | {"AQ": "Antarctica"}
    names = Locale("en").territories
    rows = []
    for code, region in sorted(regions.items()):
        people = int(facts.get(code, {}).get("_population", "0"))
        row = (
            code,
            codes[code]["_alpha3"],
            codes[code]["_numeric"],
            plain_name(code, names[code]),
            "true" if code in members else "false",
            region,
            str(people) if people else "",
            source if people else "",
        )
        rows.append(dict(zip(COLUMNS[: len(row)], row, strict=True)))
    return rows


def leaves(groups: Mapping[str, Any], group: str) -> Iterator[str]:
    """Codes of the territories in a region and all its subregions."""
    for code in groups[group]["_contains"]:
        if code in groups:
            yield from leaves(groups, code)
        else:
            yield code


def plain_name(code: str, name: str) -> str:
    """CLDR's English name, made plain: no ampersand, no curly apostrophe."""
    return SHORT_NAMES.get(code, name.replace(" & ", " and ").replace("\u2019", "'"))


def located_addresses(database: Path) -> Counter[str]:
    """IPv4 addresses that the database puts into each country; special address space left out, as camcensus does."""
    ranges = open_locator(database).v4
    ends = [*ranges.starts[1:].tolist(), 1 << 32]
    found: Counter[str] = Counter()
    for code, start, end in zip(ranges.codes.tolist(), ranges.starts.tolist(), ends, strict=True):
        found[code] += end - start
    return found


def delegated_addresses(package: Path) -> Counter[str]:
    """IPv4 addresses that the regional registries delegated to holders in each country."""
    found: Counter[str] = Counter()
    for first, last, code in csv.reader(io.StringIO(member(package, "asn-country-ipv4-num.csv").decode())):
        found[code] += int(last) - int(first) + 1
    return found


def as_csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    """UTF-8, line feeds."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


# --- borders.json ---


def borders(package: Path, codes: Mapping[str, str]) -> dict[str, Any]:
    """`{"polygons": {code: [ring, ...]}, "points": {code: (lon, lat)}}`; rings are closed and end at +-180 degrees."""
    atlas = load_json(package, "countries-50m.json")
    arcs = [decode(arc, atlas["transform"]) for arc in atlas["arcs"]]
    full: Rings = {}
    simple: Rings = {}
    rough = [simplified(arc) for arc in arcs]
    for shape in atlas["objects"]["countries"]["geometries"]:
        if shape.get("id") == ANTARCTICA:
            continue
        name = shape["properties"]["name"]
        parent = codes[shape["id"]] if "id" in shape else UNNUMBERED[name]
        for polygon in shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]:
            code = territory(parent, stitched(polygon[0], arcs))
            for ring in polygon:
                full.setdefault(code, []).append(stitched(ring, arcs))
                simple.setdefault(code, []).append(stitched(ring, rough))
    polygons = {code: drawable(full[code], simple[code]) for code in sorted(full)}
    return {
        "polygons": {code: rings for code, rings in polygons.items() if rings},
        "points": dict(sorted((BY_HAND | dots(full)).items())),
    }


def decode(arc: Sequence[Sequence[int]], transform: Mapping[str, Sequence[float]]) -> Ring:
    """Absolute degrees from TopoJSON's quantised differences; longitudes run on past +-180 without a jump."""
    (sx, sy), (tx, ty) = transform["scale"], transform["translate"]
    x = y = 0
    points: Ring = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        points.append((x * sx + tx, y * sy + ty))
    return unwrapped(points)


def unwrapped(points: Iterable[Point]) -> Ring:
    """The same points with whole turns added, so that no step is longer than 180 degrees of longitude."""
    out: Ring = []
    for lon, lat in points:
        if out:
            lon += 360 * round((out[-1][0] - lon) / 360)
        out.append((lon, lat))
    return out


def stitched(ring: Sequence[int], arcs: Sequence[Ring]) -> Ring:
    """A closed ring from arc numbers; ~n means arc n backwards (TopoJSON)."""
    points: Ring = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return unwrapped(points)


def territory(parent: str, outline: Ring) -> str:
    """The code of the territory that a piece of `parent` belongs to."""
    lon, lat = centre(outline)
    for box in INSIDE:
        if box.parent == parent and box.west < lon < box.east and box.south < lat < box.north:
            return box.code
    return parent


def simplified(arc: Ring) -> Ring:
    """Douglas-Peucker on one arc. Neighbours share arcs, so their border stays one line."""
    points = [(lon * (0.6 + 0.4 * math.cos(math.radians(lat))), lat) for lon, lat in arc]  # about as it is drawn
    last = len(points) - 1
    keep = {0, last}
    todo = [(0, last)]
    if points[0] == points[last]:  # an island: cut it at the point farthest from its start
        far = max(range(last), key=lambda i: math.dist(points[0], points[i]))
        keep.add(far)
        todo = [(0, far), (far, last)]
    while todo:
        a, b = todo.pop()
        off, at = max(((offset(points[i], points[a], points[b]), i) for i in range(a + 1, b)), default=(0.0, a))
        if off > TOLERANCE:
            keep.add(at)
            todo += [(a, at), (at, b)]
    return [arc[i] for i in sorted(keep)]


def offset(p: Point, a: Point, b: Point) -> float:
    """Distance of `p` from the segment a-b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    t = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length if length else 0.0
    t = min(1.0, max(0.0, t))
    return math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)


def drawable(full: Sequence[Ring], simple: Sequence[Ring]) -> list[Ring]:
    """The rings worth drawing, rounded and cut at +-180 degrees. Sizes are those before simplification."""
    least = min(LEAST_RING, max(map(area, full)))
    pieces = [p for whole, ring in zip(full, simple, strict=True) if area(whole) >= least for p in cut(ring)]
    rings = [rounded(piece) for piece in pieces]
    return [ring for ring in rings if len(ring) >= 4 and area(ring) > 0]


def cut(ring: Ring) -> Iterator[Ring]:
    """The parts of a ring between -180 and 180 degrees, each moved there by whole turns."""
    for turn in (-360, 0, 360):
        moved = [(lon + turn, lat) for lon, lat in ring]
        part = half(half(moved, -180.0, 1), 180.0, -1)
        if len(part) >= 4:
            yield part


def half(ring: Ring, edge: float, side: int) -> Ring:
    """The part of a ring east (side 1) or west (side -1) of a meridian (Sutherland-Hodgman)."""
    out: Ring = []
    for (x0, y0), (x1, y1) in itertools.pairwise(ring):
        if (x0 - edge) * side >= 0:
            out.append((x0, y0))
        if (x0 - edge) * (x1 - edge) < 0:
            out.append((edge, y0 + (y1 - y0) * (edge - x0) / (x1 - x0)))
    return out + out[:1]


def rounded(ring: Ring) -> Ring:
    """Two decimals (about 1 km), without repeated points; + 0.0 makes -0.0 plain."""
    points = [(round(lon, 2) + 0.0, round(lat, 2) + 0.0) for lon, lat in ring]
    return points[:1] + [b for a, b in itertools.pairwise(points) if a != b]


def area(ring: Ring) -> float:
    """Area of a closed ring in km2; good to a few per cent for a country, which is all that is asked of it."""
    flat = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2
    middle = (min(p[1] for p in ring) + max(p[1] for p in ring)) / 2
    return abs(flat) * math.cos(math.radians(middle)) * KM2_PER_SQUARE_DEGREE


def centre(ring: Ring) -> Point:
    """Centroid of a closed ring, in degrees as on a flat map."""
    x0, y0 = ring[0]  # sums are taken from here, or a small ring far from (0, 0) would lose its digits
    double = x = y = 0.0
    for (ax, ay), (bx, by) in itertools.pairwise(ring):
        cross = (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
        double += cross
        x += (ax + bx - 2 * x0) * cross
        y += (ay + by - 2 * y0) * cross
    return (x0 + x / (3 * double), y0 + y / (3 * double)) if double else (x0, y0)


def dots(shapes: Rings) -> dict[str, Point]:
    """A point on the largest piece of each territory too small to see."""
    found: dict[str, Point] = {}
    for code, rings in shapes.items():
        largest = max(rings, key=area)
        if code.startswith("_") or area(largest) >= LEAST_VISIBLE:
            continue
        lon, lat = centre(largest)
        found[code] = (round((lon + 180) % 360 - 180, 2), round(lat, 2))
    return found


def as_json(value: Any) -> bytes:
    """Compact, one territory a line so that a diff can be read, ASCII."""
    text = json.dumps(value, separators=(",", ":"))
    text = re.sub(r',("[A-Z_])', r",\n\1", text)
    return text.replace('{"', '{\n"').replace("}", "\n}").encode() + b"\n"


# --- dbip-country-YYYY-MM.mmdb.xz ---


def geo_database(package: Path) -> tuple[str, bytes]:
    """The file's name and content: the package's database of IPv4 and IPv6, as it is, compressed."""
    edition = load_json(package, "package.json")["version"].rsplit(".", 1)[1]  # 2026060120: day and hour of the data
    name = f"dbip-country-{edition[:4]}-{edition[4:6]}.mmdb.xz"
    content = member(package, "dbip-country.mmdb")
    return name, lzma.compress(content, check=lzma.CHECK_CRC64, preset=9 | lzma.PRESET_EXTREME)


if __name__ == "__main__":
    main()
