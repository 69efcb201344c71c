"""Tests of `AzureClient`."""
