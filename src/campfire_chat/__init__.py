"""A customer-support desk that mounts into your ASGI app."""
