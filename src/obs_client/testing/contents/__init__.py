"""Promises about bytes: whole, in order, once, whoever reads and writes beside."""
