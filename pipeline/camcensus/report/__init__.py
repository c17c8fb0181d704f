"""The report: country table, charts, map, pages and data package of a study, made from its counts."""
