"""From when on a visitor's tokens count: what was issued before was revoked."""

from __future__ import annotations

from campfire_chat.access.actor import Actor


class Revocations:
    """What this process knows of revoked tokens. Asked for every token, so it is in memory."""

    def __init__(self) -> None:
        self._not_before: dict[tuple[str, str], int] = {}

    def learn(self, organization: str, visitor_id: str, not_before: int) -> None:
        """Tokens of a visitor that were issued before that moment, in microseconds since 1970,
        are refused from now on. An older moment changes nothing."""
        key = (organization, visitor_id)
        self._not_before[key] = max(not_before, self._not_before.get(key, 0))

    def forget(self, before: int) -> None:
        """Tokens from before that moment have ended by themselves."""
        self._not_before = {key: at for key, at in self._not_before.items() if at >= before}

    def clear(self) -> None:
        """Forget all of them: those of another database count."""
        self._not_before.clear()

    def refuse(self, actor: Actor, since: int) -> bool:
        """Whether a token that goes back to that moment was revoked."""
        if not self._not_before or actor.is_agent:
            return False
        return since < self._not_before.get((actor.organization, actor.principal.id), 0)
