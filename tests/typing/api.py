"""The public API as a host uses it; checked by pyright, never run.

An ignored line has to be wrong: pyright complains of a comment that hides nothing.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import assert_type

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from campfire_chat import (
    AccessLabels,
    Agent,
    Authenticate,
    Availability,
    Campfire,
    CampfireError,
    ConfigurationError,
    DeliveryState,
    HostApi,
    JobGroup,
    Limits,
    MessageRefusedError,
    OutgoingMessage,
    Priority,
    Rate,
    ResolveOrganization,
    Role,
    Status,
    TagColor,
    TextChoice,
    Visitor,
    WebhookState,
    testing,
)
from campfire_chat.features.conversations.records import AgentConversation, VisitorConversation


def plain(connection: HTTPConnection) -> Agent | Visitor | None:
    name = connection.cookies.get("name")
    return Agent(id="1", name=name, role=Role.ADMIN) if name else None


async def only_agents(connection: HTTPConnection) -> Agent | None:
    return Agent(id="1", name="Ada", avatar_url="/ada.png", email=None, organization="acme")


async def only_visitors(connection: HTTPConnection) -> Visitor:
    return Visitor(id="1")


hooks: list[Authenticate] = [plain, only_agents, only_visitors]


def by_domain(connection: HTTPConnection) -> str | None:
    return connection.headers["host"].partition(".")[0] or None


async def by_domain_later(connection: HTTPConnection) -> str | None:
    return by_domain(connection)


resolvers: list[ResolveOrganization] = [by_domain, by_domain_later]


def region(agent: Agent) -> set[str] | None:
    return {"emea"} if agent.email else None


async def regions(agent: Agent) -> list[str]:
    return ["emea"]


narrowing: list[AccessLabels] = [region, regions]

campfire = Campfire("sqlite:///support.db", secret_key="…", authenticate=plain)
Campfire("postgresql://localhost/x", secret_key=["new", "old"], bus_url="memory://")
Campfire("sqlite://", secret_key="…", allowed_origins=("https://shop.example",), migrate="check")
Campfire("sqlite://", secret_key="…", limits=Limits(sends=Rate(0.5, 30), refusals=None))
Campfire("sqlite://", secret_key="…", resolve_organization=by_domain)
Campfire("sqlite://", secret_key="…", roles={"tier1": {"notes.read"}, "tier2": ["notes.read"]})
Campfire("sqlite://", secret_key="…", roles={"tier1": 5})  # pyright: ignore[reportArgumentType]
Campfire("sqlite://", secret_key="…", authenticate=plain, access_labels=region)
Campfire("sqlite://", secret_key="…", access_labels={"emea"})  # pyright: ignore[reportArgumentType]
Campfire("sqlite://")  # pyright: ignore[reportCallIssue]
Campfire("sqlite://", secret_key=5)  # pyright: ignore[reportArgumentType]
Campfire("sqlite://", secret_key="…", allowed_origins=["https://shop.example"], heartbeat=5)
Campfire("sqlite://", secret_key="…", login_ulr="/login")  # pyright: ignore[reportCallIssue]
Campfire("sqlite://", secret_key="…", heartbeat="5")  # pyright: ignore[reportArgumentType]
Campfire("sqlite://", secret_key="…", migrate="never")  # pyright: ignore[reportArgumentType]
Campfire("sqlite://", secret_key="…", allowed_origins="https://a")  # pyright: ignore[reportArgumentType]

campfire.mount_to(Starlette(), "/support")
campfire.mount_to(FastAPI(), "/support")
app: ASGIApp = campfire
wrapped: ASGIApp = campfire.wrap(app, "/support")
lifespan: AbstractAsyncContextManager[None] = campfire.lifespan()
Starlette(lifespan=campfire.lifespan)

assert_type(campfire.sign_identity(Visitor(id="1", name="Mia")), str)


async def revoke() -> None:
    assert_type(await campfire.revoke_tokens(user_id="1", organization="acme"), None)
    await campfire.revoke_tokens("1")  # pyright: ignore[reportCallIssue]


@campfire.before("message.send")
async def changes(message: OutgoingMessage) -> str | None:
    if message.internal:
        raise MessageRefusedError("Not here.")
    return message.body.strip()


@campfire.before("message.send")
def looks(message: OutgoingMessage) -> None: ...


async def in_python() -> None:
    ada = campfire.as_agent("7")
    conversation = await ada.conversations.get("conv_1")
    assert_type(conversation, AgentConversation)
    assert_type(await campfire.as_system().conversations.get("conv_1"), AgentConversation)
    mine = await campfire.as_visitor(Visitor(id="1")).conversations.list(status=Status.OPEN)
    assert_type(mine.items, list[VisitorConversation])
    await ada.conversations.change("conv_1", status="open")  # pyright: ignore[reportArgumentType]
    await ada.conversations.change("conv_1", assignee_id=None, tags=["vip"])
    tag = await ada.tags.create("vip", color=TagColor.PURPLE)
    assert_type((await ada.tags.merge(tag.id, into="tag_1")).color, TagColor)
    assert_type((await ada.messages.send("conv_1", "Hello!", client_id="1")).body, str)
    anybody: HostApi[AgentConversation] = campfire.as_agent(Agent(id="1", name="Ada"))
    assert_type((await anybody.me()).id, str)
    webhook = await ada.webhooks.create("https://crm.example/hook", text=TextChoice.PUBLIC)
    assert_type(webhook.secret, str)
    await ada.webhooks.change(webhook.id, events=None, state=WebhookState.PAUSED)
    failed = await ada.webhooks.deliveries(webhook.id, state=DeliveryState.FAILED)
    await ada.webhooks.replay(webhook.id, failed.items[0].id)
    await ada.webhooks.change(webhook.id, state="paused")  # pyright: ignore[reportArgumentType]
    assert_type((await ada.api_keys.create("CRM", ["inbox.read"])).secret, str)
    await ada.agents.put("8", name="Grace", role="tier1")
    await ada.jobs.list(state=JobGroup.PENDING)


status: str = Status.OPEN.value
assert issubclass(ConfigurationError, CampfireError)
assert_type(CampfireError.code, str)
choices: list[Availability | Priority] = [Availability.ONLINE, Priority.URGENT]


async def own_tests(campfire: Campfire) -> None:
    async with testing.desk(campfire, database_url="sqlite:///test.db") as desk:
        assert_type(desk, testing.Desk)
        assert_type(desk.visitor("mia", name="Mia"), HostApi[VisitorConversation])
        assert_type(desk.agent("ada", role=Role.ADMIN), HostApi[AgentConversation])
        assert_type(await desk.run_jobs(), int)
        await desk.settle()
        await desk.advance(days=1, hours=0.5)
        desk.visitor("mia", role=Role.ADMIN)  # pyright: ignore[reportCallIssue]
