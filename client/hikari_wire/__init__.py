"""The bytes of ZooKeeper's client protocol, for both ends of the client port."""
