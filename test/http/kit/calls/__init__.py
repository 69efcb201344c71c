"""Tests of the kit for stores that make their own requests."""
