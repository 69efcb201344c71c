"""What other people's S3 servers do, by sections of the reports from the field."""
