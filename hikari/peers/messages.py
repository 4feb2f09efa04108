"""What members say to each other besides agreement."""

from attrs import define


@define
class Forward:
    """Proposals of the sender's clients, for the leader of `term` to put into the log."""

    sender: int
    term: int
    proposals: list[bytes]
    requests: int  # how many are in all of them: what the leader gathers by, and nothing else


@define
class Heard:
    """Sessions that the sender's clients showed to be alive since its last Heard."""

    sender: int
    sessions: list[int]


@define
class Digest:
    """What the sender's tree was, all of it in one number, when it had applied `index`."""

    sender: int
    index: int
    digest: int


@define
class DiskRoom:
    """Whether the sender's disk is short of room; for the leader."""

    sender: int
    low: bool


@define
class Hello:
    """The first frame of every link: who calls whom, and in which ensemble."""

    sender: int
    receiver: int
    ensemble: str
    members: int  # crc32 of the member list: two members with different lists never talk
