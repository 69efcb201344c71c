"""What is sent with objects, and what is told of them, request by request."""
