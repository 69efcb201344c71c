"""Swift: proxy, account, container and object server in one process."""
