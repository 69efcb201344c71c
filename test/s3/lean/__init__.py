"""Servers that keep less than S3 does."""
