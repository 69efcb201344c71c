"""All between the two halves of a client: retries, transfers, listings, file objects, and what stops threads."""
