"""Havre for those who build on it: one account on this device, its people, its chats, its messages. All else is inside.

    async with Havre.open(folder, Passphrase("...")) as me:
        bob = await me.add(link)
        await me.send_text(bob, "Hello")
        async for news in me.events():
            ...

Whatever can go wrong raises `havre.client.errors.HavreError` or one of its kinds, in one sentence for a person.

`Havre` itself opens, closes, tells what happens and says who I am; what it does with people, chats, messages and files
stands in the module of that name. Areas of their own are facets: `me.contacts` (requests, blocks), `me.groups`,
`me.devices`, `me.homes`, `me.profile`, `me.settings`, `me.backup`.

People, chats and messages are values as of when they were asked for: `me.current(message)` is the message as it is now.
What changes anything returns once it is in the vault, and goes out whatever happens; `me.settle()` waits until it has.
`me.events()` yields one `News` after the other: the union names what there is.
"""

from havre.client.api.chats import Storage
from havre.client.api.devices import Candidate, Device
from havre.client.api.havre import Havre, Opening
from havre.client.api.homes import Home, Homes
from havre.client.api.profiles import InstalledProfile, installed_profiles
from havre.client.api.searching import Context, Shared, Shelf
from havre.client.api.writing import Scheduled
from havre.client.backup.recovery_key import normal_recovery_key
from havre.client.engine.notices import What
from havre.client.engine.terms import Role
from havre.client.export.dates import Language
from havre.client.group_views import Applicant, ApplicantArrived, Group, GroupMember, GroupRules
from havre.client.identity.safety import SafetyNumber
from havre.client.linking.newcomer import NewDevice
from havre.client.message_views import (
    Body,
    CardBody,
    DeletedBody,
    FileBody,
    LocationBody,
    Message,
    NoticeBody,
    OnceBody,
    Option,
    OtherBody,
    PollBody,
    Quote,
    Reaction,
    TextBody,
    Version,
    VoiceBody,
)
from havre.client.request_views import Refused, Request, RequestArrived
from havre.client.transport.base import InLine, Network
from havre.client.vault.keys import Cost, Keyring, Passphrase, VaultKey
from havre.client.vault.rows import ChatKind, MessageKind, MessageState, Standing
from havre.client.views import (
    AccountChanged,
    ChangeFailed,
    Chat,
    ChatChanged,
    ConnectionChanged,
    DeviceAppeared,
    Happened,
    HomeAway,
    HomeBack,
    MayWrite,
    MessageArrived,
    MessageChanged,
    MessageGone,
    Missed,
    MyAccount,
    News,
    Person,
    PersonChanged,
    Problem,
    Settled,
    Typing,
)
from havre.content import Picture, Preview

__all__ = [
    "AccountChanged",
    "Applicant",
    "ApplicantArrived",
    "Body",
    "Candidate",
    "CardBody",
    "ChangeFailed",
    "Chat",
    "ChatChanged",
    "ChatKind",
    "ConnectionChanged",
    "Context",
    "Cost",
    "DeletedBody",
    "Device",
    "DeviceAppeared",
    "FileBody",
    "Group",
    "GroupMember",
    "GroupRules",
    "Happened",
    "Havre",
    "Home",
    "HomeAway",
    "HomeBack",
    "Homes",
    "InLine",
    "InstalledProfile",
    "Keyring",
    "Language",
    "LocationBody",
    "MayWrite",
    "Message",
    "MessageArrived",
    "MessageChanged",
    "MessageGone",
    "MessageKind",
    "MessageState",
    "Missed",
    "MyAccount",
    "Network",
    "NewDevice",
    "News",
    "NoticeBody",
    "OnceBody",
    "Opening",
    "Option",
    "OtherBody",
    "Passphrase",
    "Person",
    "PersonChanged",
    "Picture",
    "PollBody",
    "Preview",
    "Problem",
    "Quote",
    "Reaction",
    "Refused",
    "Request",
    "RequestArrived",
    "Role",
    "SafetyNumber",
    "Scheduled",
    "Settled",
    "Shared",
    "Shelf",
    "Standing",
    "Storage",
    "TextBody",
    "Typing",
    "VaultKey",
    "Version",
    "VoiceBody",
    "What",
    "installed_profiles",
    "normal_recovery_key",
]
