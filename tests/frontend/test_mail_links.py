"""Links that write to an address: the console's own code in node."""

from __future__ import annotations

import json
import subprocess
from typing import Final

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import NODE

CODE: Final = f"""
    const {{ mailTo }} = await import({json.dumps((FRONTEND / "console/ui/mailTo.ts").as_uri())});
    console.log(JSON.stringify(JSON.parse(process.argv[1]).map(mailTo)));
"""
LINKS: Final = {
    "mia@example.org": "mailto:mia@example.org",
    "mia+tea@example.org": "mailto:mia%2Btea@example.org",
    "mia?cc=eve@example.org": "mailto:mia%3Fcc%3Deve@example.org",
    '"not@me"@example.org': "mailto:%22not%40me%22@example.org",
    "nobody": "mailto:nobody",
}


def test_an_address_stays_one_address() -> None:
    done = subprocess.run(
        [
            *(str(NODE), "--no-warnings", "--experimental-transform-types"),
            *("--input-type=module-typescript", "--eval", CODE, json.dumps(list(LINKS))),
        ],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert json.loads(done.stdout) == list(LINKS.values())
