"""Sync between real servers."""
