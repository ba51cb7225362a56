"""campfire-chat: a customer-support chat that you mount into your ASGI app.

campfire = Campfire("sqlite:///support.db", secret_key="…", authenticate=authenticate)
campfire.mount_to(app, "/support")
"""

from __future__ import annotations

from importlib.metadata import version

from campfire_chat.access.authenticate import AccessLabels, Authenticate
from campfire_chat.access.places import ResolveOrganization
from campfire_chat.access.records import Agent, Availability, Role, Visitor
from campfire_chat.app import Campfire
from campfire_chat.core.attributes import Attribute, AttributeType
from campfire_chat.core.errors import CampfireError, ConfigurationError
from campfire_chat.features.conversations.records import Priority, Status
from campfire_chat.features.host_api import HostApi
from campfire_chat.features.jobs.endpoints import JobGroup
from campfire_chat.features.tags.records import TagColor
from campfire_chat.features.webhooks.records import DeliveryState, TextChoice, WebhookState
from campfire_chat.hooks.before import OutgoingMessage
from campfire_chat.hooks.errors import MessageRefusedError
from campfire_chat.hooks.event import Event
from campfire_chat.settings import Limits, Rate

__version__ = version("campfire-chat")

__all__ = [
    "AccessLabels",
    "Agent",
    "Attribute",
    "AttributeType",
    "Authenticate",
    "Availability",
    "Campfire",
    "CampfireError",
    "ConfigurationError",
    "DeliveryState",
    "Event",
    "HostApi",
    "JobGroup",
    "Limits",
    "MessageRefusedError",
    "OutgoingMessage",
    "Priority",
    "Rate",
    "ResolveOrganization",
    "Role",
    "Status",
    "TagColor",
    "TextChoice",
    "Visitor",
    "WebhookState",
    "__version__",
]
