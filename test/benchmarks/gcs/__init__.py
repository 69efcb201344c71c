"""GCSClient against google-cloud-storage."""
