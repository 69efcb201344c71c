"""What is sent to Swift with objects, and what is told of them, request by request."""
