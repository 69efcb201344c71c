"""Azurite, Microsoft's emulator of Azure Storage, and the Node that it runs on."""
