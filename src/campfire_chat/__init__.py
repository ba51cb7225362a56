"""campfire-chat: a customer-support chat that you mount into your ASGI app.

campfire = Campfire("sqlite:///support.db", secret_key="…", authenticate=authenticate)
campfire.mount_to(app, "/support")
"""

from __future__ import annotations

from importlib.metadata import version

from campfire_chat.app import Campfire
from campfire_chat.errors import CampfireError, ConfigurationError
from campfire_chat.models import Agent, Availability, Priority, Role, Status, Visitor
from campfire_chat.protocols import Authenticate
from campfire_chat.settings import Limits, Rate

__version__ = version("campfire-chat")

__all__ = [
    "Agent",
    "Authenticate",
    "Availability",
    "Campfire",
    "CampfireError",
    "ConfigurationError",
    "Limits",
    "Priority",
    "Rate",
    "Role",
    "Status",
    "Visitor",
    "__version__",
]
