"""The Shodan account: plan and credits, through the official package, with a time limit and without leaking the key."""

import functools
from typing import Any

import shodan

from pipeline.errors import CamcensusError

TIMEOUT = 20.0


def ask_account(key: str, base_url: str | None = None) -> str:
    """The account's plan and query credits in words. Raises `CamcensusError`; the key is in no message.

    The package sets no time limit, so one is put on its session here; it reads SHODAN_API_URL itself.
    """
    api = shodan.Shodan(key)
    api.base_url = base_url or api.base_url
    session: Any = api._session
    session.request = functools.partial(session.request, timeout=TIMEOUT)
    for method in ("get", "post", "put"):
        setattr(session, method, functools.partial(getattr(session, method), timeout=TIMEOUT))
    try:
        info = api.info()
        return f"plan {info['plan']}, {info['query_credits']} query credits left"
    except shodan.APIError as error:
        problem = f"could not be asked: {redact(str(error.value), key)}"
    except (KeyError, TypeError):
        problem = "gave an answer without plan and credits"
    # Raised out here, so that no error that holds the address with the key hangs on to it.
    raise CamcensusError(f"the Shodan account {problem}")


def redact(text: str, key: str) -> str:
    """The text without the key."""
    return text.replace(key, "[key]") if key else text
