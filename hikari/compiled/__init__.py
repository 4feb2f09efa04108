"""The rooms on the way of a request as extension modules, made by mypyc of the same sources."""
