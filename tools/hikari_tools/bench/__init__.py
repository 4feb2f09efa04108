"""Measures a Hikari ensemble and its peers, side by side in one run, with the neutral zkload."""
