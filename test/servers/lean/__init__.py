"""Servers that speak as much of S3 as their users needed: `rclone serve s3` and s3rver."""
