"""What runs in the servers' own environment: the guardian, of the standard library only, and the servers."""
