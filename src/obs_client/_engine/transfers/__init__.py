"""Bytes on their way in and out: by one request or by parts, in parallel, checked; and the file objects over them."""
