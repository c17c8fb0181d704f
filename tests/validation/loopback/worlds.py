"""A small set of banners for the loopback Shodan, and the real package as its client."""

import functools
from datetime import datetime, timedelta
from typing import Any

import shodan

from camcensus.validation.loopback.server import Loopback
from tests.conftest import Banner, banner

COUNTRIES = ("DE", "US", "FR", None)
NEWEST = "2026-10-20T12:00:00.500000"
PORTS = (80, 554, 8000)
QUERY = 'product:"Hikvision IP Camera"'


def cameras(number: int) -> list[Banner]:
    """Cameras, three ports on each address; one in four has no country. Each is a second older than the one before."""
    newest = datetime.fromisoformat(NEWEST)
    return [
        banner(
            ip_str=f"81.{i // 3 // 250}.{i // 3 % 250}.7",
            port=PORTS[i % 3],
            timestamp=(newest - timedelta(seconds=i)).isoformat(),
            location={"country_code": COUNTRIES[i // 3 % 4], "city": "Leeds"},
            http={"title": f"Camera {i % 7}", "status": 200, "html": "<html>vivotek</html>"},
        )
        for i in range(number)
    ]


def client(server: Loopback, key: str = "any", timeout: float | None = None) -> Any:
    """The official package, set up as a user would, without its own wait between requests."""
    api = shodan.Shodan(key)
    api.base_url, api.base_trends_url, api.api_rate_limit = server.url, server.url, 0
    if timeout:
        api._session.get = functools.partial(api._session.get, timeout=timeout)
    return api
