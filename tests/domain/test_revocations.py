"""What was issued before a visitor's tokens were revoked is refused, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from campfire_chat.access.actor import actor_of_agent, anonymous
from campfire_chat.access.records import Agent
from campfire_chat.access.revocations import Revocations
from campfire_chat.access.roles import Roles

moments = st.integers(1, 20)
people = st.tuples(st.sampled_from(["acme", "other"]), st.sampled_from(["vis_1", "vis_2"]))


@given(
    revoked=st.lists(st.tuples(people, moments), max_size=8),
    who=people,
    issued=moments,
    ended=moments,
)
def test_the_latest_revocation_of_that_visitor_counts(
    revoked: Sequence[tuple[tuple[str, str], int]],
    who: tuple[str, str],
    issued: int,
    ended: int,
) -> None:
    """In whatever order they are learned. The moment itself is no longer before it."""
    known = Revocations()
    for (organization, visitor), at in revoked:
        known.learn(organization, visitor, at)
    latest = max((at for person, at in revoked if person == who), default=0)
    actor = anonymous(*who)
    assert known.refuse(actor, issued) == (issued < latest)
    # What has ended by itself need not be known, and everything else still is.
    known.forget(ended)
    if latest >= ended:
        assert known.refuse(actor, issued) == (issued < latest)
    else:
        assert not known.refuse(actor, issued)


def test_nothing_is_kept_of_what_has_ended() -> None:
    known = Revocations()
    for number in range(100):
        known.learn("acme", f"vis_{number}", number)
    known.forget(100)
    assert not known._not_before


def test_an_agent_has_no_tokens_to_revoke() -> None:
    agent = actor_of_agent(Agent(id="ada", name="Ada"), b"key", Roles())
    known = Revocations()
    known.learn(agent.organization, agent.principal.id, 10)
    assert not known.refuse(agent, 5)
    visitor = anonymous(agent.organization, agent.principal.id)
    assert known.refuse(visitor, 5)


def test_a_revocation_of_the_very_moment_is_kept() -> None:
    known = Revocations()
    known.learn("acme", "vis_1", 10)
    known.forget(10)
    assert known.refuse(anonymous("acme", "vis_1"), 9)
