"""Backends with one fault each, by topic, and the test of the suite that must catch it."""
