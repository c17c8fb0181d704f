"""Write `data/schemas`: the JSON Schemas of manifests and run logs.

.venv/bin/python tools/schemas.py
"""

import json
from pathlib import Path

from pydantic import BaseModel

from camcensus.core.manifest import Manifest
from camcensus.core.run_log import RunLog
from camcensus.core.storage import CHECKSUM
from camcensus.report.report_manifest import Report

FOLDER = Path(__file__).parent.parent / "data" / "schemas"
RECORDS: dict[str, type[BaseModel]] = {"manifest": Manifest, "report-manifest": Report, "run-log": RunLog}


def schema_of(record: type[BaseModel]) -> str:
    """Return the JSON Schema of a record, with the checksum that each record carries."""
    found = record.model_json_schema()
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["properties"][CHECKSUM] = {"type": "string", "pattern": "^[0-9a-f]{64}$", "title": "Checksum of all the rest"}
    found["required"] = sorted({*found.get("required", []), "format", CHECKSUM})
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    for name, record in RECORDS.items():
        (FOLDER / f"{name}.schema.json").write_text(schema_of(record), encoding="utf-8")
