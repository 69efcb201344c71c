"""The tests of obs_client; `python -m test.tests` runs the conformance suite on any store."""
