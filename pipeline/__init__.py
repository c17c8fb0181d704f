"""camcensus: counts the cameras visible from the Internet, from what search engines already hold."""
