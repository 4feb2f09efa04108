"""What the network between members does to them by chance."""

import random

from replica.cluster import Cluster


class Weather:
    """Cuts, breaks and holds links, and heals them."""

    chance: random.Random
    cluster: Cluster

    def pair(self) -> tuple[int, int]:
        one, other = self.chance.sample(self.cluster.voters, 2)
        return one, other

    def cut(self) -> None:
        one, other = self.pair()
        members = self.cluster.members
        if self.chance.random() < 0.5:
            self.cluster.cut(members[one])
        else:
            self.cluster.cut(members[one], members[other])

    def break_link(self) -> None:
        """One direction breaks, and is made anew at once."""
        one, other = self.pair()
        self.cluster.network.lose(one, other)
        if self.cluster.members[one].running:
            self.cluster.members[one].replica.peer_lost(other)

    def hold(self) -> None:
        self.cluster.network.held.add(self.pair())

    def heal(self) -> None:
        cluster = self.cluster
        stopped = {m.number for m in cluster.members.values() if not m.running}
        cluster.network.cuts = {pair for pair in cluster.network.cuts if stopped & set(pair)}
        cluster.network.held.clear()
