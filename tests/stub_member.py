"""A stand-in for `hikari serve`: answers `srvr`; a file `behaviour` beside it may tell it more.

dies: ends before it serves. breaks: ends with the status of a broken disk, the first time. mute:
never says its role. deaf: ignores SIGTERM, and presses Ctrl-C for the person before the screen who
finds that it takes too long.
"""

import os
import signal
import socket
import sys
from pathlib import Path

from hikari.config import Config
from hikari.pidfile import remove_pid, write_pid


def main() -> None:
    """Serve until SIGTERM."""
    path = Path(sys.argv[-1])
    behaviour = path.with_name("behaviour")
    how = behaviour.read_text() if behaviour.exists() else ""
    config = Config.load(path)
    print(f"stub {config.member.id} begins", flush=True)
    if how == "dies":
        raise SystemExit("stub: cannot live")
    if how == "breaks":
        behaviour.write_text("")
        os._exit(70)
    if how == "deaf":
        signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getppid(), signal.SIGINT))
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    pid = path.with_name("pid")
    write_pid(pid)
    try:
        with socket.create_server((config.me.client.host, config.me.client.port)) as server:
            while True:
                asked, _ = server.accept()
                with asked:
                    if asked.recv(4) == b"srvr" and how != "mute":
                        mode = "leader" if config.member.id == 1 else "follower"
                        asked.sendall(f"Zookeeper version: 0\nMode: {mode}\nx: 0\n".encode())
    finally:
        remove_pid(pid)


if __name__ == "__main__":
    main()
