"""Transfers that go on where they died: the option `--resume`, and the command `transfers`."""
