"""From addresses to countries: the country databases, their editions, and kinds of networks."""
