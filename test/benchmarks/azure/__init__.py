"""AzureClient against azure-storage-blob."""
