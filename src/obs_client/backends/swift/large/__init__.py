"""Static large objects on their way into a store."""
