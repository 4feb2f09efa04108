"""What a campaign found, appended to a file that the documents quote."""

import json
import time
from pathlib import Path
from typing import Any


def entry(campaign: str, figures: dict[str, Any]) -> dict[str, Any]:
    """One campaign's figures, with its name and when it ended (UTC)."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    return {"campaign": campaign, "when": when, **figures}


def append(path: Path, told: dict[str, Any]) -> None:
    """Add an `entry` to a JSON list, which begins empty."""
    before = json.loads(path.read_text()) if path.exists() else []
    path.write_text(json.dumps([*before, told], indent=1) + "\n")
