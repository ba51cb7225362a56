"""Work that is done later: deferred in a commit, claimed by lease, retried, parked after the last
try."""
