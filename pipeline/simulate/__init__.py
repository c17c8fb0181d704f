"""A synthetic Internet whose cameras are known, what search engines see of it, and a loopback Shodan over it."""
