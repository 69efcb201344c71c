"""fake-gcs-server, an emulator of Google Cloud Storage by others: what a witness needs that runs on this machine."""
