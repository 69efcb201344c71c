"""HTTP/1.1 as stores need it: connections that are kept, whole answers or errors, proxies and TLS."""
