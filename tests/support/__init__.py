"""What the tests stand on: real engines, real servers, strict clients."""
