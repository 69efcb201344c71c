"""One large object goes on where it died: what was done is written down, and believed only as far as it can be seen."""
