"""The nouns of the desk, each in a folder of its own.

A feature reaches another one only through its service, its records and its events.
"""
