"""The options that several commands have, and how they speak."""

from pathlib import Path
from typing import Any

import click

BENCH_FOLDER = Path("../shared/bench")


class Words(click.ParamType[tuple[str, ...]]):
    """Some words with commas between them."""

    name = "a,b"

    def convert(self, value: Any, *_: object) -> tuple[str, ...]:
        """Split; a default comes split already."""
        if not isinstance(value, str):
            return tuple(value)
        return tuple(word.strip() for word in value.split(",") if word.strip())


def say(text: str) -> None:
    """Tell a person how it goes; what is printed to keep goes to standard output."""
    click.echo(text, err=True)


members_option = click.option(
    "--members", type=click.IntRange(1, 7), default=3, show_default=True, help="In each ensemble."
)
peers_option = click.option(
    "--peers",
    "peer_names",
    type=Words(),
    default="zookeeper",
    show_default=True,
    help='Whom to compare with, of zookeeper and etcd; "" for nobody.',
)
bench_folder_option = click.option(
    "--bench-folder",
    type=click.Path(path_type=Path),
    default=BENCH_FOLDER,
    show_default=True,
    help="Where zkload.c and peers/*.sh are.",
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder on the disk to measure; a folder in it is made and removed.",
)
report_option = click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Put the table there too."
)
out_option = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Append each run's JSON line."
)
