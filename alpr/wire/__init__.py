"""The wire: requests in, JSON out. Only this package knows what clients send and expect."""
