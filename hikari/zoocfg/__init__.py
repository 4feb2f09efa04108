"""Reads ZooKeeper's own configuration, a `zoo.cfg` with its `myid`, as that of a member."""
