"""Say what to do about records that are rejected: the way out for each reason."""

from camcensus.readers.mapping import Mapping

_TIME = 'if the export has no times, put time = "2026-11-30T00:00:00" (when it was made) under [fixed] in a mapping'
_OF_ANY = {
    "too_long": "split the file, or write one record per line",
    "cut_short": "download the file again",
    "too_deep": "write one record per line",
    "not_json": "check that the file is what --source says; CSV files end in .csv",
    "not_object": "check that the file is what --source says",
    "bad_row": "check the delimiter and the quotes",
}
_MAPPED = {
    "bad_encoding": 'name its encoding in a mapping, such as encoding = "gb18030" for Chinese exports',
    "no_answer": "check within and each in the mapping: no record has what they name",
    "no_columns": 'name the fields of its lists in order in a mapping: columns = ["ip", "port", "lastupdatetime"]',
    "no_address": "check which field holds the address: address under [fields] in a mapping",
    "bad_address": "check which field holds the address: address under [fields] in a mapping",
    "bad_port": "check which field holds the port: port under [fields] in a mapping",
    "bad_transport": "translate the engine's word: transport under [values] in a mapping",
    "no_timestamp": _TIME,
    "bad_timestamp": "check the format under [time] in the mapping",
    "too_early": "check the format under [time] in the mapping",
    "too_late": "check the format and the zone under [time] in the mapping",
}
_SHODAN = {
    "bad_encoding": "save it as UTF-8, as Shodan's exports are",
    "no_address": "Shodan's banners have ip_str; for other exports name a mapping with --source",
    "bad_port": "Shodan's banners have a port; for other exports name a mapping with --source",
    "no_timestamp": "Shodan's banners have a timestamp; for other exports name a mapping with --source. In it, "
    + _TIME.removeprefix("if the export has no times, "),
    "too_late": "check the clock of this machine",
}
_DEFAULT = "check that the file is what --source says"


def way_out(reason: str, mapping: Mapping | None) -> str:
    """Return what to do about records rejected for a reason (a code of `ingest.records.REASONS`).

    `mapping`: the one that the file was read with; None: it was read as Shodan's.
    """
    return _OF_ANY.get(reason) or (_SHODAN if mapping is None else _MAPPED).get(reason, _DEFAULT)
