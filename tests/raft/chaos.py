"""One seed, one life of an ensemble: chaos, healing, a calm, and the loss of its leader."""

from raft.witness import Violation, demand
from raft.world import ELECTION_TICKS, TICK, Manners, World

CHAOS_TICKS = 260
HEAL_TICKS = 12 * ELECTION_TICKS
CALM = Manners()


def live(seed: int, size: int = 0, manners: Manners | None = None) -> World:
    """Run one seed. Raises Violation, with the seed in its message."""
    world = World(seed, size or (3 if seed % 3 else 5), manners)
    try:
        chaos(world)
        heal(world)
        calm(world)
        part(world)
    except Exception as error:
        what = str(error) if isinstance(error, Violation) else repr(error)
        raise Violation(f"{what} (seed {seed}, time {world.now})") from error
    return world


def chaos(world: World) -> None:
    chance, end = world.chance, CHAOS_TICKS * TICK

    def befall() -> None:
        world.misfortune()
        again = world.now + 1 + chance.randrange(2 * world.manners.misfortune_every)
        if again < end:
            world.at(again, befall)

    def want() -> None:
        host = world.leader_or_someone()
        if chance.random() < 0.6:
            world.propose(host)
        else:
            world.read(chance.choice((host, world.someone())))
        again = world.now + 1 + chance.randrange(40)
        if again < end:
            world.at(again, want)

    world.at(20 * TICK, befall)
    world.at(0, want)
    world.run(end)


def heal(world: World) -> None:
    """All run, all hear each other, all disks are quick: somebody leads, and all is agreed."""
    world.manners = CALM
    world.cuts.clear()
    for host in world.hosts:
        host.paused_until = host.slow_until = 0
    world.run(world.now + HEAL_TICKS * TICK)
    leaders = world.leaders()
    demand(len(leaders) == 1, "a leader within some elections", [h.member for h in leaders])
    world.propose(leaders[0])
    answered = world.witness.reads_answered
    for host in world.hosts:
        world.read(host)
    world.run(world.now + 4 * ELECTION_TICKS * TICK)
    last = leaders[0].raft.log.last
    for host in world.hosts:
        behind = host.raft.log.last, host.raft.log.commit, last
        demand(host.applied == last, "all is applied everywhere", host.member, *behind)
        demand(not host.journal.recovering, "all recover", host.member)
    answered = world.witness.reads_answered - answered
    demand(answered == len(world.hosts), "all reads are answered", answered)


def calm(world: World) -> None:
    """A follower that hears nobody, and then hears again, does not end a leader's term."""
    (leader,) = world.leaders()
    term = leader.raft.term
    deaf = world.chance.choice([host for host in world.hosts if host is not leader])
    world.cuts |= {(other, deaf.member) for other in world.members}
    world.run(world.now + 4 * ELECTION_TICKS * TICK)
    world.cuts.clear()
    world.run(world.now + 3 * ELECTION_TICKS * TICK)
    demand(world.leaders() == [leader], "nobody disturbs a leader", deaf.member)
    demand(leader.raft.term == term, "nobody disturbs a term", deaf.member)


def part(world: World) -> None:
    """A leader that is cut off is none any more, to itself too; the others elect another."""
    (leader,) = world.leaders()
    world.cuts |= {(leader.member, other) for other in world.members}
    world.cuts |= {(other, leader.member) for other in world.members}
    world.run(world.now + 8 * ELECTION_TICKS * TICK)
    demand(leader not in world.leaders(), "a leader without a majority steps down", leader.member)
    demand(len(world.leaders()) == 1, "a majority without a leader elects one")
