"""What stores need that make their own requests: queries, headers, batches, refusals by code, and tokens of a login."""
