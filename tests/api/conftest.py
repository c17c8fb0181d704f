"""What the tests of the API share."""

from tests.api.worlds import world as world  # noqa: PLC0414  a fixture
