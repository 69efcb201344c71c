"""Requests past the library."""
