"""Doing what was planned: copies, then deletions, within what is allowed."""
