"""The truth of a world, which nothing of the pipeline ever reads: devices, and every banner that an engine holds."""

import pyarrow as pa

from camcensus.core.tables import Column, Table

TRUTH = Table(
    "truth",
    "a device that is there at a snapshot, reachable or not",
    (
        Column("snapshot", pa.string(), "id of the snapshot", nullable=False),
        Column("device_id", pa.int64(), "number of the device, the same in every snapshot", nullable=False),
        Column("host", pa.string(), "its address at the end of the window", nullable=False),
        Column("country", pa.string(), "where it stands, ISO alpha-2", nullable=False),
        Column("manufacturer", pa.string(), "who made it; null: nobody to name, or a decoy"),
        Column("brand", pa.string(), "the name it is sold under"),
        Column("model", pa.string(), "its model; null for a decoy and where the model shapes no text"),
        Column("product_type", pa.string(), "camera, recorder, encoder, intercom, access_control, software or other"),
        Column("decoy", pa.string(), "kind of decoy; null: none"),
        Column("reachable", pa.bool_(), "a port of it can be reached from the Internet", nullable=False),
        Column("seen", pa.bool_(), "the first engine holds a banner of it", nullable=False),
        Column("returned", pa.bool_(), "a query of the catalogue returns one of those", nullable=False),
        Column("names", pa.bool_(), "a returned banner shows the maker to an expert", nullable=False),
        Column("tells", pa.bool_(), "a returned banner tells an expert: a surveillance device", nullable=False),
        Column("models", pa.bool_(), "a returned banner shows the model", nullable=False),
        Column("identifies", pa.bool_(), "a returned banner shows a serial number or MAC address", nullable=False),
        Column("services", pa.int64(), "its ports that can be reached", nullable=False),
        Column("network_kind", pa.string(), "hosting, mobile or fixed", nullable=False),
        Column("seen_second", pa.bool_(), "the second engine holds a banner of it", nullable=False),
    ),
)

BANNERS = Table(
    "truth_banners",
    "a banner that the first engine holds, exported or not",
    (
        Column("snapshot", pa.string(), "id of the snapshot", nullable=False),
        Column("file", pa.string(), "name of the raw file; null: no query returned it"),
        Column("line", pa.int64(), "line in the raw file, from 1; null: no query returned it"),
        Column("device_id", pa.int64(), "the device that answered", nullable=False),
        Column("host", pa.string(), "address", nullable=False),
        Column("port", pa.int64(), "port", nullable=False),
        Column("country", pa.string(), "where the device stands, ISO alpha-2", nullable=False),
        Column("counted", pa.bool_(), "the device is a camera, recorder or encoder and no decoy", nullable=False),
        Column("returned", pa.bool_(), "a query of the catalogue returns it", nullable=False),
        Column("names", pa.bool_(), "it shows the maker to an expert", nullable=False),
        Column("tells", pa.bool_(), "it shows an expert that it is a surveillance device", nullable=False),
        Column("models", pa.bool_(), "it shows the model", nullable=False),
        Column("identifies", pa.bool_(), "it shows a serial number or MAC address", nullable=False),
        Column("again", pa.bool_(), "an older sight of a banner that is there newer", nullable=False),
    ),
)
