"""Google Cloud Storage: its JSON API for most, its XML API for reading and for parts; see `client.py`."""
