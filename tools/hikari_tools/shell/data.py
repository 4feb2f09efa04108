"""Data of a znode for people: text as text, anything else as a hex dump. Nothing of it can do
anything to a terminal."""

import base64
import binascii
import json
from typing import Any, Final

from hikari_tools.shell.complaints import usage

ROW_BYTES: Final = 16
BRIEF_LETTERS: Final = 60


def given(text: str) -> bytes:
    """What a person wrote, as bytes."""
    return text.encode("utf-8", "surrogateescape")


def from_base64(text: str) -> bytes:
    """Raises a Complaint."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise usage(f"{text!r} is no base64") from None


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def text_of(data: bytes) -> str | None:
    """As text, if it is UTF-8 that is safe to be shown."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    safe = all(letter.isprintable() or letter in "\n\t" for letter in text.replace("\r\n", "\n"))
    return text if safe else None


def shown(data: bytes) -> str:
    """Text, or a hex dump."""
    text = text_of(data)
    return hexdump(data) if text is None else text


def line_of(data: bytes) -> str:
    """All of it, in one line."""
    text = text_of(data)
    return f"0x{data.hex()}" if text is None else " ".join(text.split())


def brief(data: bytes) -> str:
    """The beginning, in one line."""
    line = line_of(data[: 4 * BRIEF_LETTERS])
    return line if len(line) <= BRIEF_LETTERS else line[: BRIEF_LETTERS - 1] + "…"


def hexdump(data: bytes) -> str:
    """Offset, sixteen bytes, and those of them that are letters."""
    rows = []
    for at in range(0, len(data), ROW_BYTES):
        row = data[at : at + ROW_BYTES]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        rows.append(f"{at:08x}  {row.hex(' '):<{3 * ROW_BYTES - 1}}  {letters}")
    return "\n".join(rows) or "(no data)"


def plain(data: bytes) -> dict[str, str]:
    """For JSON: `text` where it is UTF-8, else `base64`."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": to_base64(data)}


def from_plain(record: dict[str, Any]) -> bytes:
    """The inverse of `plain`. Raises KeyError, TypeError or ValueError."""
    if "base64" in record:
        return base64.b64decode(record["base64"], validate=True)
    return str(record["text"]).encode()


def parsed(data: bytes) -> Any:
    """JSON. Raises a Complaint if it is none."""
    try:
        return json.loads(data)
    except RecursionError:
        raise usage("this JSON is too deep") from None
    except ValueError as error:
        raise usage(f"this is no JSON: {error}") from None


def indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def pretty(data: bytes) -> str:
    """JSON with its lines. Raises a Complaint if it is none."""
    return indented(parsed(data))


def as_json(value: Any) -> str:
    """One line of JSON. Letters stay letters; what is none is escaped, so a terminal may see it."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def size(count: int) -> str:
    """Bytes for people."""
    number, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            break
        number /= 1024
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
