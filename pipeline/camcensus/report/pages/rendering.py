"""Pages from templates: autoescaped, each with a security policy that allows only its own style and script.

Charts inside a page are matplotlib's SVG without style attributes, which the policy forbids. Styles become attributes,
so that the page's own style sheet can give house colours their dark counterparts. Text stays text, in the page's font.
Unused ids, metadata and empty groups are removed.
"""

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring, tostring

import jinja2
from markupsafe import Markup

from camcensus.core.resources import TEMPLATES
from camcensus.report import formatting
from camcensus.report.charts.chart import Chart

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
_NONE = "'none'"
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_FONT = re.compile(r"(?:(?P<weight>bold|\d{3}) )?(?P<size>[\d.]+)px")
_REFERS = re.compile(r"url\(#([^)]+)\)|^#(.+)$")


@functools.cache
def environment() -> jinja2.Environment:
    """Return the templates, with filters that write numbers."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(disabled_extensions=["md.j2"], default=True),
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters |= {name: getattr(formatting, name) for name in ("number", "linked", "plain")}
    return found


@functools.cache
def source(*names: str) -> str:
    """Return the text of style sheets or scripts, one after the other."""
    return "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)


def render(template: str, style: str, script: str = "", **context: Any) -> str:
    """Return the page, ending in a line feed. Its policy allows no request, and no style or script but these."""
    sources = f"style-src {_digest(style)}; script-src {_digest(script) if script else _NONE}"
    policy = f"default-src 'none'; img-src data:; {sources}; base-uri 'none'; form-action 'none'"
    text = environment().get_template(template).render(style=style, script=script, policy=policy, **context)
    return text if text.endswith("\n") else f"{text}\n"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def picture(folder: Path, chart: Chart, is_simulated: bool) -> Markup:
    """Return a drawn chart as an element of a page."""
    label = f"Synthetic data. {chart.alt}" if is_simulated else chart.alt
    content = (folder / "charts" / f"{chart.name}.svg").read_bytes()
    # The writer of XML escaped what is inside.
    return Markup(_inline(content, chart.name, label))  # noqa: S704


def _inline(content: bytes, name: str, label: str) -> str:
    """Return the SVG as an element of a page. `name` keeps its ids apart from others; `label`: what it shows."""
    root = fromstring(content)  # noqa: S314  (drawn by matplotlib a moment ago)
    _drop(root, (f"{SVG}metadata", f"{SVG}style"))
    # The ids that some attribute refers to.
    used = {one or other for e in root.iter() for value in e.attrib.values() for one, other in _REFERS.findall(value)}
    for element in root.iter():
        _restyle(element)
        element.attrib = {k: _attribute(k, v, name) for k, v in element.attrib.items() if not _is_idle(k, v)}
        if (own := element.attrib.pop("id", None)) in used:
            element.attrib["id"] = f"{name}-{own}"
        if HREF in element.attrib:
            element.attrib["href"] = element.attrib.pop(HREF)
        element.tag = element.tag.removeprefix(SVG)
        element.text, element.tail = (t if t and t.strip() else None for t in (element.text, element.tail))
    _unwrap(root)
    root.attrib = {"class": "chart", "viewBox": root.attrib["viewBox"], "role": "img", "aria-label": label}
    return tostring(root, encoding="unicode")


def _drop(element: Element, tags: tuple[str, ...]) -> None:
    for child in list(element):
        if child.tag in tags:
            element.remove(child)
        else:
            _drop(child, tags)


def _restyle(element: Element) -> None:
    """Style declarations as attributes; a font's family is left to the page."""
    for declaration in element.attrib.pop("style", "").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font" and (font := _FONT.match(value)):
            element.set("font-size", font["size"])
            if font["weight"]:
                element.set("font-weight", font["weight"])
        elif key and key != "font":
            element.set(key, value)


def _is_idle(key: str, value: str) -> bool:
    return key == "font-family" or (key == "transform" and value.startswith("rotate(-0 "))


def _attribute(key: str, value: str, name: str) -> str:
    """Ids with their chart's name, numbers with two decimals, which is a fiftieth of a pixel."""
    if key == HREF:
        return f"#{name}-{value[1:]}"
    value = re.sub(r"url\(#", f"url(#{name}-", value)
    if key in ("d", "transform", "x", "y", "width", "height", "points"):
        return " ".join(_NUMBER.sub(lambda n: f"{float(n.group()):.2f}", value).split())
    return value


def _unwrap(element: Element) -> None:
    """Replace groups without attributes by their children."""
    children: list[Element] = []
    for child in element:
        _unwrap(child)
        if child.tag == "g" and not child.attrib:
            children.extend(child)
        elif not (child.tag in ("g", "defs") and not len(child)):
            children.append(child)
    element[:] = children
