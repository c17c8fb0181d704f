"""Replies that do not depend on the banners: what the loopback Shodan says when it is told to fail."""

from collections.abc import Mapping

from pipeline.simulate.loopback_api import CURSOR, HTML, INVALID, RATE, Reply, failure


def _html(status: int, title: str, text: str) -> Reply:
    page = (
        f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n  {text}\n </body>\n</html>"
    )
    return Reply(status, page.encode(), HTML)


# A key that is not accepted: the real one answers 401 with a page, where spent credits are 401 with JSON.
NOT_ALLOWED = _html(
    401,
    "401 Unauthorized",
    "This server could not verify that you are authorized to access the document you requested.",
)
CANNED: Mapping[str, Reply] = {
    "429": failure(*RATE),
    # Valid JSON and no error in it: the package takes it for data.
    "500-json": Reply(500, b'{"matches":[],"total":5}'),
    "502": _html(502, "502 Bad Gateway", "nginx"),
    "503-html": _html(503, "503 Service Temporarily Unavailable", "nginx"),
    "200-html": _html(200, "Shodan", "We are down for maintenance."),
    "error-null": Reply(200, b'{"error":null}'),
    "timed-out": failure(*INVALID),
    "cursor": failure(*CURSOR),
}
