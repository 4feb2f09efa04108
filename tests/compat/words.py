"""Asks servers four-letter words, and tells the shape of what they answer from its values."""

import re
import socket

DATE = r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}"


def asked(port: int, word: bytes) -> str:
    """The whole answer."""
    with socket.create_connection(("127.0.0.1", port), 10) as server:
        server.sendall(word)
        said = b""
        while part := server.recv(1 << 16):
            said += part
    return said.decode()


def shape(word: str, text: str) -> list[str]:
    """Its lines with what differs between two servers left out: numbers, dates, names of versions
    and folders; equal lines that follow each other are one, clients are in no order."""
    lines = []
    for line in text.split("\n"):
        if word == "conf":
            line = re.sub(r"=.*", "=", line)
        line = re.sub(r"^(Zookeeper version:).*", r"\1 V", line)
        line = re.sub(DATE, "DATE", line)
        line = re.sub(r"/127\.0\.0\.1:\d+\[\d+\]", "/CLIENT", line)
        line = re.sub(r"/127\.0\.0\.1:\d+", "/CLIENT", line)
        line = re.sub(r"Mode: \w+", "Mode: M", line)
        line = re.sub(r"lop=\w+", "lop=OP", line)
        line = re.sub(r"0x[0-9a-f]+|-?\d+(\.\d+)?", "N", line)
        lines.append(line)
    if word in ("cons", "stat"):
        clients = [line for line in lines if line.startswith(" /CLIENT")]
        rest = [line for line in lines if not line.startswith(" /CLIENT")]
        lines = sorted(clients) + rest
    if word == "dump":  # who expires together is chance
        lines = sorted(set(lines), key=lines.index)
    return lines
