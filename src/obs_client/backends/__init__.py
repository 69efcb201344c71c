"""One file a store; none of them knows another."""
