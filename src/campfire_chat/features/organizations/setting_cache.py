"""Values of settings in memory: those that were used last."""

from __future__ import annotations

from campfire_chat.core.runtime_settings import SettingValues
from campfire_chat.features.organizations.chosen import Subject

#: Number of organisations and agents whose settings a process keeps in memory.
MOST_KEPT = 10_000


class SettingCache:
    """See the module.

    What was read before a change and arrives after it is not kept: :meth:`put` compares the number
    of changes that were known when the read began.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        #: The least recently used first.
        self._values: dict[Subject, SettingValues] = {}
        #: The subjects in memory of each organisation.
        self._of: dict[str, set[Subject]] = {}
        self._forgotten: dict[str, int] = {}
        self._swept = 0

    def get(self, subject: Subject) -> SettingValues | None:
        values = self._values.pop(subject, None)
        if values is not None:
            self._values[subject] = values
        return values

    def version(self, organization: str) -> tuple[int, int]:
        """Names what is known of an organisation's changes; see :meth:`put`."""
        return self._swept, self._forgotten.get(organization, 0)

    def put(self, subject: Subject, values: SettingValues, version: tuple[int, int]) -> None:
        """Keep what was read since the organisation had that version, unless it has changed."""
        if version != self.version(subject.organization):
            return
        self._values.pop(subject, None)
        while len(self._values) >= self._most:
            self._drop(next(iter(self._values)))
        self._values[subject] = values
        self._of.setdefault(subject.organization, set()).add(subject)

    def forget(self, organization: str) -> None:
        """The settings of the organisation, or of its agents, have changed."""
        if len(self._forgotten) >= self._most:
            self._forgotten.clear()
            self._swept += 1
        self._forgotten[organization] = self._forgotten.get(organization, 0) + 1
        for subject in list(self._of.get(organization, ())):
            self._drop(subject)

    def _drop(self, subject: Subject) -> None:
        del self._values[subject]
        subjects = self._of[subject.organization]
        subjects.discard(subject)
        if not subjects:
            del self._of[subject.organization]
