"""A server double that speaks S3, taken apart by errand; `test.loopback.s3_double` is its door."""
