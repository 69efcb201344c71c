"""Figures that are kept for each release: one JSON line, made from a run, with its date, machine and commands."""
