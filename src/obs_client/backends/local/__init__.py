"""The local file system: one kit over its files, and two policies of names."""
