"""Why a member serves nobody, in a sentence for its log."""

from hikari.raft.raft import Raft


def why_leaderless(raft: Raft, starved: bool, serving: bool, bereft: bool) -> str:
    """`starved`: its disk is full; `bereft`: it knows that it lost something."""
    if starved:
        return "the disk of this member is full"
    if raft.leader and not serving:
        return f"member {raft.leader} leads, but cannot be reached from here"
    if not raft.recovering:
        return "too few members can be reached, or are whole, to elect one"
    if raft.log.last.index or bereft:
        return (
            "entries promised durable are gone here, so this member does not vote: the others"
            " must elect one. If a majority is damaged or gone, see `hikari salvage`"
        )
    return "nobody knows of any data yet: the first start waits for all members"
