"""A local directory as a place of a sync: file names are the names, and nothing outside is ever read or written."""

from __future__ import annotations

from obs_client.directory.client import DirectoryClient

__all__ = ["DirectoryClient"]
