"""What may be wrong with a tag."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError, InvalidError


class InvalidTagError(InvalidError):
    """The tag is not valid."""

    code = "invalid_tag"


class TagNameTakenError(CampfireError):
    """Another tag has this name."""

    code = "tag_name_taken"
    status = 409


class TooManyTagsError(CampfireError):
    """There are as many tags as there may be. Delete or merge some first."""

    code = "too_many_tags"
    status = 409
