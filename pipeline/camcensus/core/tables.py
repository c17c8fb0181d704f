"""The schema of every table: each column with its type, unit and meaning; and `conform`, which checks tables.

Only int64, string and bool (and lists of strings in `observations`) are used, so that the same SQL runs on DuckDB and
on Spark. Times are seconds since 1970-01-01 UTC.
"""

from camcensus.core.schema import Column, Table, conform
from camcensus.core.schema import flag as _bool
from camcensus.core.schema import number as _int
from camcensus.core.schema import table as _table
from camcensus.core.schema import text as _text

__all__ = ["Column", "Table", "conform"]

COUNTED_TYPES = frozenset({"camera", "recorder", "encoder", "video"})
CONFIDENCES = ("low", "medium", "high")
DECOY_GRADES = ("possible", "likely", "certain")
# What a banner turns out to be, the strongest first.
OUTCOMES = ("counted", "candidate", "unsure", "other", "nothing")
UNITS = ("n_banners", "n_hosts", "n_devices", "n_prefixes")
GROUPS = ("country", "manufacturer", "brand", "product_type", "model")
UNKNOWN_COUNTRY = "ZZ"
UNKNOWN = "unknown"

# How columns are encoded in files, by name: RISING numbers as differences, DISTINCT values (nearly one in each row)
# plainly; all others with a dictionary, which would only cost time and space here.
RISING = frozenset({"line", "seen_at", "first_seen_at", "last_seen_at", "host_id", "prefix_id"})
DISTINCT = frozenset({
    "host", "prefix", "address", "device", "identity", "certificate", "cert_sha256", "banner_hash", "html_hash",
})  # fmt: skip


# What a signature's `field` may name; the column is the field with "." written "_".
EVIDENCE: tuple[Column, ...] = (
    _text("module", "the engine's name for the probe or protocol that got the answer"),
    _text("product", "product as the engine names it; often a guess by nmap's rules"),
    _text("devicetype", "device type as the engine names it; a guess"),
    _text("cpe", "the engine's CPE names, joined with a space"),
    _text("tags", "the engine's tags, joined with a space"),
    _text("block", "names of the camera blocks that the engine parsed, joined with a space"),
    _text("http_server", "HTTP Server header"),
    _text("http_title", "title of the HTML page"),
    _text("http_realm", "realm of the HTTP WWW-Authenticate header"),
    _text("http_auth", "HTTP authentication schemes offered, in order, joined with a space"),
    _text("http_html", "first 2,048 characters of the HTML page, names of people and devices removed"),
    _text("http_assets", "scripts, plug-ins and other elements that the page names, at most 4,096 characters"),
    _text("http_favicon", "Shodan's favicon hash (mmh3 of base64 with line breaks)"),
    _text("http_location", "path that the answer redirects to, without host, query and tokens"),
    _text("rtsp_server", "RTSP Server header"),
    _text("rtsp_realm", "realm of the RTSP WWW-Authenticate header"),
    _text("rtsp_auth", "RTSP authentication schemes offered, in order, joined with a space"),
    _text("ftp_banner", "first 512 characters of an FTP greeting"),
    _text("telnet_banner", "first 512 characters of a telnet greeting, without negotiation"),
    _text("snmp_description", "first 512 characters of an SNMP system description"),
    _text("sip_user_agent", "SIP User-Agent or Server header"),
    _text("ssdp_server", "Server header of a UPnP announcement (SSDP)"),
    _text("onvif_types", "types of devices in an ONVIF reply, joined with a space"),
    _text(
        "onvif_scopes",
        "ONVIF scopes type, hardware, Profile and manufacturer, joined with a space; and name, if a maker's",
    ),
    _text("dhip_reply", "a Dahua discovery reply without names and addresses"),
    _text("cert_subject", "certificate subject as CN=..,OU=..,O=..,L=..,ST=..,C=.."),
    _text("cert_issuer", "certificate issuer in the same form"),
    _text("hikvision_device_model", "block hikvision: device_model"),
    _text("hikvision_device_version", "block hikvision: device_version, the firmware"),
    _text("hikvision_web_version", "block hikvision: web_version"),
    _text("dahua_serial_number", "block dahua: serial_number"),
    _text("dahua_dvr_web_web_version", "block dahua_dvr_web: web_version"),
    _text("ip_camera_brand", "block ip_camera: brand"),
    _text("ip_camera_model", "block ip_camera: model"),
    _text("ip_camera_software_version", "block ip_camera: software_version"),
    _text("ip_camera_mac_address", "block ip_camera: mac_address"),
    _text("ip_camera_id", "block ip_camera: id"),
    _text("block_text", "title and technical fields of a camera block that the engine wrote into the answer as text"),
    _text("upnp_manufacturer", "manufacturer of the root device: block upnp, or the UPnP description"),
    _text("upnp_model_name", "its model name"),
    _text("upnp_model_number", "its model number"),
    _text("upnp_serial_number", "its serial number"),
    _text("upnp_udn", "its unique name"),
    _text("mac", "MAC address: first of block mac, or written into a realm, title, serial number, id or certificate"),
    _text("mac_organisation", "organisation that the MAC address is registered to"),
)

# The row of a raw file that a banner is.
_RECORD: tuple[Column, ...] = (
    _text("file", "name of the raw file", nullable=False),
    _int("line", "number of the record in the raw file, from 1: in Shodan's exports the line", nullable=False),
)

# Which banner, where and when: the same in observations and identified.
_BANNER: tuple[Column, ...] = (
    *_RECORD,
    _text("host", "IP address in canonical form", nullable=False),
    _int("ip_version", "4 or 6", nullable=False),
    _int("port", "port, 1 to 65535", nullable=False),
    _text("transport", "tcp or udp", nullable=False),
    _int("seen_at", "when the engine got the answer, seconds since 1970 UTC", nullable=False),
)

OBSERVATIONS = _table(
    "observations",
    "an accepted banner; private",
    *_BANNER,
    _text("engine_country", "country as the engine located the address, ISO alpha-2"),
    _int("asn", "number of the autonomous system"),
    _text("network", "name of the network's operator, as the engine gives it"),
    _text("region", "region, as the engine gives it"),
    _text("city", "city, as the engine gives it"),
    _text("vulns", "identifiers of vulnerabilities that the engine assumes, sorted and joined with a space"),
    _text("firmware", "version as the engine names it"),
    _int("http_status", "HTTP status"),
    _int("banner_hash", "the engine's hash of the answer; not an identity"),
    _int("html_hash", "the engine's hash of the page"),
    _text("cert_sha256", "SHA-256 fingerprint of the certificate"),
    _bool("is_assets_cut", "the page names more than http_assets holds, or is longer than 262,144 characters"),
    _bool("is_synthetic", "the banner is marked as simulated", nullable=False),
    *EVIDENCE,
)

IDENTIFIED = _table(
    "identified",
    "an accepted banner, with what identify and locate found; private",
    *_BANNER,
    _int("address", "an IPv4 host as a number; null: IPv6. The queries count by it, for numbers are quicker"),
    _text("prefix", "the /24 (IPv4) or /48 (IPv6) of the host", nullable=False),
    _bool("is_counted", "camera, recorder, encoder or video with type confidence medium or high", nullable=False),
    _text("manufacturer", "who made it; null: not known"),
    _text("manufacturer_confidence", "low, medium or high"),
    _text("brand", "the name it is sold under; null: not known"),
    _text("model", "model as the catalogue writes it"),
    _text("model_raw", "model as the banner writes it"),
    _text("family", "the series that the model belongs to, as its maker names it"),
    _text("product_type", "camera, recorder, encoder, video, intercom, access_control, software, other"),
    _text("type_confidence", "low, medium or high"),
    _text("firmware", "firmware version"),
    _text("identity", "keyed hash of a serial number or MAC address"),
    _text("identity_kind", "serial or mac"),
    _text("certificate", "keyed hash of the certificate's fingerprint"),
    _int("banner_hash", "the engine's hash of the answer; not an identity"),
    _int("html_hash", "the engine's hash of the page; not an identity"),
    _text("signatures", "ids of the signatures that matched, joined with a space", nullable=False),
    _text("decoy", "possible, likely or certain; null: no sign of one"),
    _text("candidate", "words of surveillance in a banner that no signature counts, joined with a space; null: none"),
    _text(
        "pivotal",
        "signatures, and fields after @, without any one of which it would not be counted, or would be if it is not, "
        "joined with a space; null: none",
    ),
    _text("country", "country of the host, ISO alpha-2; ZZ: not known", nullable=False),
    _text("country_second", "country by the second source; null: none"),
    _text("second_source", "edition of the second database, or engine if the engine gave the country; null: none"),
    _int("asn", "number of the autonomous system"),
    _text("network", "name of the network's operator, as the engine gives it"),
    _text("network_kind", "hosting, mobile or fixed, by the network's number or the engine's tag; null: not known"),
    _bool("is_synthetic", "the banner is marked as simulated", nullable=False),
)

LINKS = _table(
    "links",
    "an identified banner, with the device it belongs to; private",
    *_RECORD,
    _text("status", "kept, superseded (the same banner was seen later), or out_of_window", nullable=False),
    _text("device", "id of the device; null: not counted as one"),
    _text("rule", "same-banner, identity or same-host: what put the banner with its device; alone: nothing did"),
    _text("decoy", "worst grade of the host in the window; null: no sign of one, or outside the window"),
)

DEVICES = _table(
    "devices",
    "an inferred camera, recorder, encoder or video device; private",
    _text("device", "id of the device", nullable=False),
    _text("host", "address at the latest sighting", nullable=False),
    _int("ip_version", "4 or 6", nullable=False),
    _text("country", "country at the latest sighting", nullable=False),
    _text("manufacturer", "by the strongest evidence; null: not known"),
    _text("manufacturer_confidence", "low, medium or high"),
    _text("brand", "null: not known"),
    _text("product_type", "by the strongest evidence, then the most specific", nullable=False),
    _text("type_confidence", "medium or high", nullable=False),
    _text("model", "null: not known"),
    _text("firmware", "null: not known"),
    _text("decoy", "worst grade of its hosts; null: no sign of one"),
    _int("n_banners", "banners in the window", nullable=False),
    _int("n_hosts", "addresses in the window", nullable=False),
    _int("first_seen_at", "seconds since 1970 UTC", nullable=False),
    _int("last_seen_at", "seconds since 1970 UTC", nullable=False),
)

# What dedupe leaves for aggregate: rows of numbers, and two small tables that say what the numbers mean.
DEVICE_HOSTS = _table(
    "device_hosts",
    "a device on one of its hosts, in one location: all that is counted; private",
    _int("host_id", "an IPv4 address as a number; IPv6 addresses in order, above all of these", nullable=False),
    _int("prefix_id", "the /24 (IPv4) or /48 (IPv6) of the host, as such a number", nullable=False),
    _int("asn", "number of the host's autonomous system; null: not known"),
    _int("network_kind_rank", "the host's: 3 hosting, 2 mobile, 1 fixed, 0 not known", nullable=False),
    _int("location_id", "row of `locations`", nullable=False),
    _int("labels_id", "row of `device_labels`", nullable=False),
    _int("decoy_rank", "the host's: 3 certain, 2 likely, 1 possible, 0 no sign of one", nullable=False),
    _int("device_decoy_rank", "the worst of all hosts of the device", nullable=False),
    _int("n_banners", "kept banners of the device on this host and in this location", nullable=False),
    _bool("is_latest", "the device's latest banner is one of these: it is counted here", nullable=False),
    _bool("is_only_row", "no other row has this host", nullable=False),
)

DEVICE_LABELS = _table(
    "device_labels",
    "a combination of what devices are found to be; private",
    _int("labels_id", "number of the combination", nullable=False),
    _text("manufacturer", "null: not known"),
    _text("manufacturer_confidence", "low, medium or high"),
    _text("brand", "null: not known"),
    _text("product_type", "camera, recorder, encoder or video", nullable=False),
    _text("type_confidence", "medium or high", nullable=False),
    _text("model", "null: not known"),
    _text("firmware", "null: not known"),
)

LOCATIONS = _table(
    "locations",
    "a combination of where hosts are by both sources; private",
    _int("location_id", "number of the combination; within a country, the second opinions in order", nullable=False),
    _int("country_id", "number of the country", nullable=False),
    _int("ip_version", "4 or 6", nullable=False),
    _text("country", "ISO alpha-2; ZZ: not known", nullable=False),
    _text("country_second", "country by the second source; null: none"),
)

# What aggregate starts from, and all that it reads.
COUNTED_FROM = (DEVICE_HOSTS.name, DEVICE_LABELS.name, LOCATIONS.name)

# What a number depends on: the same in every row of a snapshot.
_INSTRUMENT: tuple[Column, ...] = (
    _text("query_set", "version of the query set", nullable=False),
    _text("catalogue", "version of the catalogue", nullable=False),
    _text("rules", "version of the counting rules", nullable=False),
    _text("geo_db", "edition of the geolocation database", nullable=False),
    _int("window_start", "first second counted, UTC"),
    _int("window_end", "last second counted, UTC"),
    _bool("complete", "the collection is not partial", nullable=False),
    _bool("simulated", "simulated data", nullable=False),
)

COUNTS = _table(
    "counts",
    "a cell that was counted on its own",
    _text("level", "what the row groups by, joined with +; world: nothing", nullable=False),
    _text("country", "ISO alpha-2; ZZ: not known; null: not in the level"),
    _text("manufacturer", "unknown: not known; null: not in the level"),
    _text("brand", "unknown: not known; null: not in the level"),
    _text("product_type", "null: not in the level"),
    _text("model", "unknown: not known; null: not in the level"),
    _text("snapshot", "id of the snapshot", nullable=False),
    _text("engine", "search engine", nullable=False),
    _text("basis", "download, census or sample", nullable=False),
    _text("scope", "all, or study: without the countries the study leaves out", nullable=False),
    _text("ip_version", "all, 4 or 6", nullable=False),
    _text("min_confidence", "medium or high: the least type and maker confidence counted", nullable=False),
    _text("decoys_left_out", "none, certain, or likely (certain and likely)", nullable=False),
    _int("n_banners", "distinct (address, port, transport)"),
    _int("n_hosts", "addresses with at least one counted banner"),
    _int("n_devices", "inferred devices; a low estimate"),
    _int("n_prefixes", "/24 or /48 networks with at least one counted host"),
    _int("n_hosts_geo_min", "hosts that both location sources put here; world and country levels"),
    _int("n_hosts_geo_max", "hosts that either location source puts here; world and country levels"),
    _int("n_hosts_geo_asked", "hosts counted here with a second opinion on their country; world and country levels"),
    _int("n_matches", "matches of a query (census only)"),
    *_INSTRUMENT,
)

SAMPLE_BLOCKS = _table(
    "sample_blocks",
    "what was counted at the headline values in one sampled block and country; private, and a total of nothing",
    _text("block", "block of addresses that was sampled, as ADDRESS/LENGTH", nullable=False),
    _text("country", "ISO alpha-2; ZZ: not known", nullable=False),
    _text("manufacturer", "unknown: not known; null: all"),
    _int("n_hosts", "addresses with at least one counted banner; of several makers they do not add up", False),
    _int("n_devices", "inferred devices whose latest address lies in the block", False),
    _int("n_banners", "distinct (address, port, transport)", False),
)

ESTIMATES = _table(
    "estimates",
    "a figure that was estimated from a sample of blocks, or the reason why it was not; IPv4 alone",
    _text("snapshot", "id of the snapshot", nullable=False),
    _text("engine", "search engine", nullable=False),
    _text("basis", "sample", nullable=False),
    _text("level", "what the row groups by, joined with +; world: nothing", nullable=False),
    _text("scope", "all, or study: without the countries the study leaves out", nullable=False),
    _text("country", "ISO alpha-2; ZZ: not known; null: not in the level"),
    _text("manufacturer", "unknown: not known; null: not in the level"),
    _text("unit", "n_hosts, n_devices or n_banners", nullable=False),
    _int("estimate", "how many there are in all, as estimated; null: see reason"),
    _int("low", "lower end of the 95% interval: what drawing other blocks would change, and nothing else"),
    _int("high", "upper end of the 95% interval"),
    _int("share_ppm", "parts per million of the world (a country), of its scope or country (a maker)"),
    _int("share_low_ppm", "lower end of the share's 95% interval"),
    _int("share_high_ppm", "upper end of the share's 95% interval"),
    _text("reason", "why there is no estimate; null: there is one"),
    _int("n_matches", "matches that the engine announces everywhere, by which the estimate is scaled", False),
    _int("in_sample", "counted in the sampled blocks; no total", nullable=False),
    _int("blocks_with_matches", "sampled blocks that hold such matches", nullable=False),
    _int("blocks_counted", "sampled blocks that hold what is counted", nullable=False),
    _int("blocks_sampled", "blocks drawn and collected whole", nullable=False),
    _int("blocks_in_all", "blocks that they were drawn from", nullable=False),
    _text("min_confidence", "medium or high: the least type and maker confidence counted", nullable=False),
    _text("decoys_left_out", "certain", nullable=False),
    *_INSTRUMENT,
)

QUERY_REPLAY = _table(
    "query_replay",
    "an accepted banner that the queries of every snapshot would have returned; private",
    *_RECORD,
)

SERIES = _table(
    "series",
    "the headline (without the countries left out) once more, on banners that are comparable with other snapshots",
    _text("snapshot", "id of the snapshot", nullable=False),
    _text(
        "series",
        "all: the headline; queries: banners that every snapshot's queries would have returned; ports: of these, "
        "those on ports that the engine scanned in every snapshot",
        nullable=False,
    ),
    _text("manufacturer", "unknown: not known; null: all"),
    _int("n_banners", "distinct (address, port, transport); null: see reason"),
    _int("n_hosts", "addresses with at least one such banner; of several makers they do not add up"),
    _int("n_devices", "inferred devices with at least one such banner; a low estimate"),
    _text("reason", "why there is no count; null: there is one"),
    *_INSTRUMENT,
)

CONCENTRATION = _table(
    "concentration",
    "how much of the headline (without the countries left out) the largest networks hold; no network is named",
    _text("network_type", "asn: autonomous systems; prefix: networks of length /24", nullable=False),
    _int("top", "so many of the largest networks together; null: all that are known"),
    _int("n_networks", "networks among them: fewer than `top` where there are not so many", nullable=False),
    _int("n_hosts", "hosts in them", nullable=False),
)

FIRMWARE = _table(
    "firmware",
    "devices of the headline (without the countries left out) by the age of their firmware",
    _text(
        "age", "years from build to window's end (0, 1-2, ... 10+); undated: a version alone; unknown: nothing", False
    ),
    _int("n_devices", "inferred devices; a low estimate", nullable=False),
)

NETWORKS = _table(
    "networks",
    "the headline (IPv4, the study's confidence, certain decoys left out) on one kind of network; all adds up",
    _text("scope", "all, or study: without the countries the study leaves out", nullable=False),
    _text("level", "world or country", nullable=False),
    _text("country", "ISO alpha-2; ZZ: not known; null: world"),
    _text("network_kind", "hosting, mobile, fixed or unknown", nullable=False),
    _int("n_banners", "distinct (address, port, transport)", nullable=False),
    _int("n_hosts", "addresses with at least one counted banner", nullable=False),
    _int("n_devices", "inferred devices; a low estimate", nullable=False),
)

COVERAGE = _table(
    "coverage",
    "what banners in the window turned out to be, counted or not, at the headline values; not published",
    _text("scope", "all, or study: without the countries the study leaves out", nullable=False),
    _text("level", "world, country, port or country+port", nullable=False),
    _text("country", "ISO alpha-2; ZZ: not known; null: not in the level"),
    _int("port", "port, 1 to 65535; null: not in the level"),
    _text(
        "outcome",
        "counted; candidate: words of surveillance, not identified; unsure: a camera or recorder with less confidence "
        "than is counted; other: known as something else; nothing: no sign of either",
        nullable=False,
    ),
    _int("n_banners", "distinct (address, port, transport), each in the strongest outcome of its answers", False),
    _int("n_hosts", "addresses, each in the strongest outcome of its banners in the cell; across ports no sum", False),
)

MAKER_KINDS = _table(
    "maker_kinds",
    "what is known of the kind of a maker's IPv4 hosts, without the countries left out; not published as it is",
    _text("manufacturer", "maker that a banner names with medium or high confidence", nullable=False),
    _int("n_hosts", "hosts with a counted banner of the maker", nullable=False),
    _int("n_hosts_by_range", "of these, hosts that only the maker's range says to be surveillance devices", False),
    _int("n_hosts_with_kind", "hosts that show their kind with medium or high confidence, counted or not", False),
    _int("n_hosts_other", "of these, hosts that show no surveillance device", False),
)

RELIANCE = _table(
    "reliance",
    "how far the headline's hosts rest on one signature or one field of evidence; not published as it is",
    _text("kind", "signature (names of makers and words too) or field", nullable=False),
    _text("name", "id of the signature, or name of the field", nullable=False),
    _int("n_hosts_only", "hosts of the headline that would not be counted without it", nullable=False),
    _int("n_hosts_without", "hosts that would be counted without it: some may be more, where it excludes", False),
)

CHURN = _table(
    "churn",
    "what became of one collection of a snapshot in the next; private, for it names networks",
    _text("earlier", "name of the collection", nullable=False),
    _text("later", "name of the next collection", nullable=False),
    _text("level", "world, country or network", nullable=False),
    _text("country", "ISO alpha-2, in the earlier collection; ZZ: not known; null: not in the level"),
    _int("asn", "number of the autonomous system, in the earlier collection; null: not in the level"),
    _text("network", "name of the network's operator, as the engine gives it; null: not in the level"),
    _int("n_hosts", "hosts with a counted banner in the earlier collection", nullable=False),
    _int("n_hosts_gone", "of these, hosts without one in the later: off, or moved", nullable=False),
    _int("n_identities", "serial numbers and MAC addresses on one host in each of the two", nullable=False),
    _int("n_identities_moved", "of these, those whose host is another; the churn index is their share", nullable=False),
)

CENSUS = _table(
    "census",
    "matches of a query, in all or in part, as the search engine counts them: no banners, decoys included",
    _text("query", "id of the query", nullable=False),
    _text("manufacturer", "whose query it is; null: of no maker"),
    _text("sent", "the query as sent, without what earlier queries of the maker find", nullable=False),
    _bool("is_disjoint", "shares no match with earlier queries of the maker, as checked", nullable=False),
    _text("country", "by the engine, ISO alpha-2; ZZ: not given; null: all"),
    _text("facet", "port, product, version, org or http.title; null: none"),
    _text("value", "the facet's value; null: what the facet does not cover, or no facet"),
    _int("n_matches", "matches of the query", nullable=False),
)

TRENDS = _table(
    "trends",
    "matches of a query in one month, as the search engine's history has them; never mixed with snapshots",
    _text("query", "id of the query", nullable=False),
    _text("manufacturer", "whose query it is; null: of no maker"),
    _text("sent", "the query as sent", nullable=False),
    _text("month", "YYYY-MM", nullable=False),
    _text("country", "by the engine, ISO alpha-2; ZZ: not given; null: all"),
    _int("n_matches", "matches of the query", nullable=False),
)

BY_NAME = {table.name: table for table in tuple(globals().values()) if isinstance(table, Table)}
