"""Write tail.toml: a product of each rarer maker, from the examples of its signatures.

Run once by a maintainer and committed, so that a changed catalogue does not change the synthetic Internet:

    python data/simulate/from_catalogue.py
"""

import json
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "pipeline"))  # a checkout need not be installed
from camcensus.identify.catalogue import Catalogue, load_catalogue
from camcensus.identify.entries import Signature

HERE = Path(__file__).resolve().parent
COUNTED = ("camera", "recorder", "encoder", "video")
WEB = {"http.server": "server", "http.title": "title", "http.realm": "realm", "http.favicon": "favicon"}
HEAD = """# Products of rarer makers: one each, with the examples of its signatures as of {version} (from_catalogue.py).
# The keys are those of products.toml. Licence: CC0-1.0; the sources of the examples are in queries/.
"""


def product(maker: str, signatures: list[Signature], models: list[str]) -> dict[str, Any] | None:
    """Return a product that answers with the first example of each of its maker's fields, if there is any."""
    found: dict[str, Any] = {}
    tells: list[str] = []
    kinds = []
    for signature in signatures:
        piece = WEB.get(signature.field) or {"rtsp.server": "rtsp", "rtsp.realm": "rtsp"}.get(signature.field)
        example = signature.examples[0]
        if piece is None or piece in found or signature.type not in COUNTED or not signature.maker:
            continue
        if piece == "favicon" and not example.lstrip("-").isdigit():
            continue
        found[piece] = int(example) if piece == "favicon" else example
        if piece == "rtsp":
            found[piece] = f"|{example}" if signature.field == "rtsp.realm" else example
        kinds.append(str(signature.type))
        if any(word in example.lower() for word in ("camera", "cam", "dvr", "nvr", "video", "record")):
            tells.append(piece)
    if not found:
        return None
    web = [p for p in found if p != "rtsp"]
    ports = (["web 80,81,8080,88"] if web else []) + (["rtsp 554" + (" 0.4" if web else "")] if "rtsp" in found else [])
    kind = next((k for k in kinds if k != "video"), "camera")
    page = "unauthorized" if "realm" in found else "login" if web else ""
    return {
        "class": "camera", "pool": "tail", "maker": maker, "type": kind, "share": 1.0, "trend": -0.03,
        "models": models or ["unknown"], "firmware": ["1.0", "1.2", "2.0"], "ports": ports,
        "names": list(found), "tells": tells, **found, **({"page": page} if page else {}),
    }  # fmt: skip


def products(catalogue: Catalogue, done: set[str]) -> list[dict[str, Any]]:
    """A product for each maker that products.toml does not have."""
    by_maker: dict[str, list[Signature]] = defaultdict(list)
    for signature in catalogue.signatures:
        if signature.file_maker and signature.file_maker not in done:
            by_maker[signature.file_maker].append(signature)
    models: dict[str, list[str]] = defaultdict(list)
    for model in catalogue.models:
        if model.manufacturer and model.type in COUNTED:
            models[model.manufacturer].append(model.examples[0])
    drawn = (product(maker, found, models[maker][:3]) for maker, found in sorted(by_maker.items()))
    return [p for p in drawn if p]


def main() -> None:
    """Writes the file beside this one."""
    done = {p.get("maker") for p in tomllib.loads((HERE / "products.toml").read_text(encoding="utf-8"))["product"]}
    catalogue = load_catalogue(HERE.parents[1] / "queries")
    lines = [HEAD.format(version=catalogue.version)]
    for found in products(catalogue, {d for d in done if d}):
        lines.append("[[product]]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in found.items() if value != []]
        lines.append("")
    (HERE / "tail.toml").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
