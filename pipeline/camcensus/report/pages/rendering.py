"""Pages from templates: autoescaped, each with a security policy that allows only its own style and script."""

import base64
import functools
import hashlib
from typing import Any

import jinja2

from camcensus.core.resources import TEMPLATES
from camcensus.report import formatting


@functools.cache
def environment() -> jinja2.Environment:
    """Return the templates, with filters that write numbers."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"number": formatting.number, "signed": formatting.signed, "percent": formatting.percent}
    return found


@functools.cache
def source(*names: str) -> str:
    """Return the text of style sheets or scripts, one after the other."""
    return "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)


def policy(style: str, script: str = "") -> str:
    """Return the content security policy: no request of any kind, and no style or script but these."""
    scripts = f"'sha256-{_hash(script)}'" if script else "'none'"
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{_hash(style)}'; script-src {scripts}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def render(template: str, style: str, script: str = "", **context: Any) -> str:
    """Return the page, ending in a line feed."""
    found = environment().get_template(template)
    text = found.render(style=style, script=script, policy=policy(style, script), **context)
    return text if text.endswith("\n") else f"{text}\n"
