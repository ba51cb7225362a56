"""Measurements, each one command; nothing in here is a test and no test is timed by it."""
