"""What people use file systems for, each on servers that speak S3 and Swift."""
