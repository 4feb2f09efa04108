"""Runs whole ensembles on a false clock, network and disk from one seed, and judges what clients
saw. Never in a production process.
"""
