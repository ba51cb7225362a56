"""The servers that ours is measured against, written as their own documentation shows it.

Each takes JSON messages ``{"client_id": …, "body": …}`` from a room and shows them to everybody in
it, the sender included. One that is *durable* has committed a message before it is shown.
"""

#: Read by the servers: where they store messages, and the Redis that they are wired through.
DATABASE = "CAMPFIRE_BENCHMARK_DATABASE"
REDIS = "CAMPFIRE_BENCHMARK_REDIS"
