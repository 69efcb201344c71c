"""Digests of what is sent and read: MD5 as every S3 server knows it, or S3's checksums where they are taken."""
