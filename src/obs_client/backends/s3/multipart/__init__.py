"""Large objects by S3's multipart upload; and what killed writers left of them."""
