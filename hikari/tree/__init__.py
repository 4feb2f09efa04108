"""Says what a request does to the namespace and the sessions, the same on every member."""
