"""From the client core's views to the page's shapes."""

from __future__ import annotations

from hashlib import sha256

from havre.client import api
from havre.client.errors import HavreError
from havre.client.sentences import kind_of
from havre.desk import views
from havre.desk.shown_messages import message, preview, scheduled

__all__ = [
    "account",
    "applicant",
    "chat",
    "event",
    "failure",
    "group",
    "message",
    "person",
    "preview",
    "request",
    "scheduled",
]


def person(found: api.Person) -> views.Person:
    """Return a person as the page is shown them."""
    return views.Person(found.id, found.name, found.fingerprint, found.verified, picture(found.id, found.picture))


def chat(found: api.Chat) -> views.Chat:
    """Return a chat as the page is shown it."""
    return views.Chat(
        id=found.id,
        kind=found.kind.value,
        title=found.title,
        description=found.description,
        timer=found.timer,
        standing=found.standing.value,
        muted_until=found.muted_until,
        pinned=found.pinned,
        archived=found.archived,
        draft=found.draft,
        unread=found.unread,
        last=None if found.last is None else message(found.last),
        began_at=found.began_at,
        person=views.Person(found.id, found.title, found.fingerprint, found.verified, picture(found.id, found.picture))
        if found.kind is api.ChatKind.DIRECT
        else None,
        picture=picture(found.id, found.picture),
    )


def group(found: api.Group, link: str | None) -> views.Group:
    """Return who is in a group as the page is shown it."""
    members = [
        views.Member(
            member.id,
            member.name,
            member.fingerprint,
            _role(member.role),
            member.me,
            picture(member.id, member.picture),
        )
        for member in found.members
    ]
    role, rules = _role(found.role), _rules(found.rules)
    return views.Group(found.chat.id, members, role, rules, list(found.banned), link, found.approval)


def _rules(found: api.GroupRules) -> views.Rules:
    return views.Rules(_role(found.write), _role(found.add), _role(found.edit), _role(found.pin), found.history)


def failure(error: HavreError) -> views.Failure:
    """Return what could not be done as the page is told it."""
    return views.Failure(error.kind, error.sentence)


def _role(role: api.Role) -> views.RoleName:
    match role:
        case api.Role.OWNER:
            return "owner"
        case api.Role.ADMIN:
            return "admin"
        case api.Role.MEMBER:
            return "member"


def applicant(found: api.Applicant) -> views.Applicant:
    """Return somebody who asks to be let into a group as the page is shown them."""
    return views.Applicant(found.chat, found.id, found.name, found.fingerprint, found.at)


def request(found: api.Request) -> views.Request:
    """Return somebody who wants to talk as the page is shown them."""
    return views.Request(found.account_id, found.name, found.fingerprint, found.relay, found.at)


def account(found: api.MyAccount) -> views.Account:
    """Return who I am."""
    return views.Account(found.name, found.account_id, found.relay, picture(found.account_id, found.picture))


def picture(owner: str, found: bytes | None) -> str | None:
    """Return the address of somebody's picture, or a group's; its end changes with the picture."""
    return None if found is None else f"/pictures/{owner}/{sha256(found).hexdigest()[:16]}"


def event(news: api.News) -> views.Event:
    """Return what has happened."""
    match news:
        case api.MessageArrived(found):
            return views.MessageArrived(message(found))
        case api.MessageChanged(found):
            return views.MessageChanged(message(found))
        case api.ChatChanged(found):
            return views.ChatChanged(chat(found))
        case api.PersonChanged(found):
            return views.PersonChanged(person(found))
        case api.AccountChanged(found):
            return views.ProfileChanged(views.OpenProfile(account(found)))
        case api.RequestArrived(found):
            return views.RequestArrived(request(found))
        case api.ApplicantArrived(found):
            return views.ApplicantArrived(applicant(found))
        case api.ConnectionChanged(relay, connected, _):
            return views.ConnectionChanged(relay, connected)
        case api.HomeBack(_, relay):
            return views.ConnectionChanged(relay, True)
        case api.Problem() | api.ChangeFailed() | api.HomeAway():
            return views.Problem(kind_of(news.sentence, "Unknown"), str(news.sentence))
        case api.MessageGone(chat_id, message_id):
            return views.MessageGone(chat_id, message_id)
        case api.Typing(chat_id, name, active):
            return views.Typing(chat_id, name, active)
        case api.DeviceAppeared(owner, _, returned):
            return views.DeviceAppeared(person(owner), returned)
        case api.Missed():
            return views.Missed()
