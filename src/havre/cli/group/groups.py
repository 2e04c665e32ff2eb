"""`havre group`: making groups, who is in them, and who may do what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from havre.cli.screen import OUT, CannotGoOn, WrongUsage, emit, quoted, say
from havre.cli.session import DEFAULT_PROFILE, PATIENCE, AsJson, Profile, check_settled, opened, run
from havre.cli.timer import Duration, parse_duration, set_timer
from havre.client.api import ChangeFailed, Chat, ChatKind, Group, GroupMember, Havre, Role, Standing

app = typer.Typer(help="Groups: make them, change them, leave them.", no_args_is_help=True)

GroupName = Annotated[str, typer.Argument(metavar="GROUP", help="The group's title, or how its id begins.")]
Who = Annotated[str, typer.Argument(metavar="PERSON", help="A name, or the beginning of a fingerprint.")]
People = Annotated[list[str], typer.Argument(metavar="PERSON...", help="People whom you talk with.")]
_ROLES: Final = {"owner": Role.OWNER, "admin": Role.ADMIN, "member": Role.MEMBER}


@app.command()
def create(
    title: Annotated[str, typer.Argument(help="What the group is called.")],
    people: Annotated[list[str] | None, typer.Argument(metavar="[PERSON...]", help="Who is in it at once.")] = None,
    description: Annotated[str, typer.Option(help="What it is about.")] = "",
    timer: Annotated[
        str | None,
        typer.Option(help="When messages disappear: 30s, 5m, 8h, 1d, 4w, or off; if not said, as in new chats."),
    ] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Create a group; you are its owner.

    Examples: `havre group create Choir bob carol`, `havre group create "Book club" --description "Tuesdays"`
    """

    seconds = None if timer is None else parse_duration(timer) or 0

    async def do(me: Havre) -> Chat:
        members = [me.person(query) for query in people or ()]
        return await me.groups.create(title, members, description=description, timer=seconds)

    run(lambda: changed(do, profile, as_json))


@app.command("list")
def list_(profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """List your groups.

    Examples: `havre group list`, `havre group list --json`
    """
    run(lambda: _list(profile, as_json))


async def _list(profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        found = [chat for chat in me.chats() if chat.kind is ChatKind.GROUP]
    for chat in found:
        if as_json:
            emit(chat_json(chat))
        else:
            out = "" if chat.standing is Standing.ACCEPTED else f" [dim]({chat.standing.value})[/]"
            OUT.print(f"[bold]{quoted(chat.title)}[/] \\[{chat.id[:8]}]{out}  {chat.unread or ''}")
    if not found and not as_json:
        say("No groups yet. `havre group create TITLE PERSON...` makes one.")


@app.command()
def show(group: GroupName, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Show who is in a group, and who may do what.

    Examples: `havre group show Choir`, `havre group show Choir --json`
    """
    run(lambda: _show(group, profile, as_json))


async def _show(query: str, profile: str, as_json: bool) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        found = me.groups.show(me.chat(query))
    if as_json:
        emit(_group_json(found))
        return
    say(f"[bold]{quoted(found.chat.title)}[/]  {quoted(found.chat.description)}")
    for member in found.members:
        say(f"  {quoted(member.name)}{' (you)' if member.me else ''}  [dim]{_word(member.role)}[/]")
    rules = found.rules
    say(
        f"Who may write: {_word(rules.write)}s; add people: {_word(rules.add)}s; edit: {_word(rules.edit)}s; "
        f"pin: {_word(rules.pin)}s."
    )
    if found.banned:
        say(f"Banned: {', '.join(quoted(name) for name in found.banned)}.")
    if found.link_open:
        say("There is an invitation link" + (", with approval by an admin." if found.approval else "."))


@app.command()
def add(group: GroupName, people: People, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Bring people into a group. They read what is written from then on.

    Example: `havre group add Choir dave erin`
    """

    async def do(me: Havre) -> Chat:
        return await me.groups.add(me.chat(group), [me.person(query) for query in people])

    run(lambda: changed(do, profile, as_json))


@app.command()
def remove(group: GroupName, person: Who, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Take somebody out of a group: they can fetch nothing that comes after. An open link is closed by it.

    Example: `havre group remove Choir mallory`
    """
    do = with_member(group, person, lambda me, chat, one: me.groups.remove(chat, one))
    run(lambda: changed(do, profile, as_json))


@app.command()
def ban(group: GroupName, person: Who, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Take somebody out of a group who cannot come back by a link.

    Example: `havre group ban Choir mallory`
    """

    def do(me: Havre, chat: Chat, one: GroupMember) -> Awaitable[Chat]:
        return me.groups.remove(chat, one, ban=True)

    run(lambda: changed(with_member(group, person, do), profile, as_json))


@app.command()
def unban(group: GroupName, person: Who, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Let somebody who was banned come back.

    Example: `havre group unban Choir mallory`
    """
    run(lambda: changed(lambda me: me.groups.unban(me.chat(group), person), profile, as_json))


@app.command()
def leave(group: GroupName, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Leave a group. What you have read stays here; an owner is followed by the first admin.

    Example: `havre group leave Choir`
    """
    run(lambda: changed(lambda me: me.groups.leave(me.chat(group)), profile, as_json))


@app.command()
def role(
    group: GroupName,
    person: Who,
    rank: Annotated[str, typer.Argument(metavar="ROLE", help="owner, admin or member.")],
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Make somebody an admin or a plain member again, or the owner in your place.

    Examples: `havre group role Choir bob admin`, `havre group role Choir bob owner`
    """
    wanted = parse_role(rank)
    do = with_member(group, person, lambda me, chat, one: me.groups.set_role(chat, one, wanted))
    run(lambda: changed(do, profile, as_json))


@app.command()
def title(
    group: GroupName,
    words: Annotated[str, typer.Argument(metavar="TITLE")],
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Call a group something else.

    Example: `havre group title Choir "Chamber choir"`
    """
    run(lambda: changed(lambda me: me.groups.set_title(me.chat(group), words), profile, as_json))


@app.command()
def description(
    group: GroupName,
    words: Annotated[str, typer.Argument(metavar="DESCRIPTION", help="Empty: none.")],
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Say what a group is about.

    Example: `havre group description Choir "We meet on Tuesdays"`
    """
    run(lambda: changed(lambda me: me.groups.set_description(me.chat(group), words), profile, as_json))


@app.command()
def picture(
    group: GroupName,
    file: Annotated[Path | None, typer.Argument(help="JPEG, PNG, WebP or GIF of any size; none: no picture.")] = None,
    save: Annotated[Path | None, typer.Option(help="Write the group's picture to this file, a JPEG.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Give a group a picture, take it away, or save it.

    Examples: `havre group picture Choir choir.jpg`, `havre group picture Choir --save now.jpg`
    """
    if save is not None:
        run(lambda: _save_picture(group, save, profile))
    else:
        run(lambda: changed(lambda me: me.groups.set_picture(me.chat(group), file), profile, as_json))


async def _save_picture(query: str, target: Path, profile: str) -> None:
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        data = me.groups.picture(me.chat(query))
    if data is None:
        raise WrongUsage("This group has no picture.")
    with target.open("xb") as file:
        file.write(data)
    say(f"Saved as [bold]{quoted(str(target))}[/].")


@app.command()
def rules(
    group: GroupName,
    write: Annotated[str | None, typer.Option(help="Who may write: member or admin.")] = None,
    adding: Annotated[str | None, typer.Option("--add", help="Who may add people: member or admin.")] = None,
    edit: Annotated[str | None, typer.Option(help="Who may change title and the like: member or admin.")] = None,
    pin: Annotated[str | None, typer.Option(help="Who may pin messages: member or admin.")] = None,
    history: Annotated[bool | None, typer.Option(help="Send newcomers what was said before.")] = None,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Say who may do what.

    Examples: `havre group rules Choir --write admin`, `havre group rules Choir --add member --history`
    """
    ranks = [None if word is None else parse_role(word) for word in (write, adding, edit, pin)]

    async def do(me: Havre) -> Chat:
        chat = me.chat(group)
        return await me.groups.set_rules(
            chat, write=ranks[0], add=ranks[1], edit=ranks[2], pin=ranks[3], history=history
        )

    run(lambda: changed(do, profile, as_json))


@app.command()
def timer(group: GroupName, duration: Duration, profile: Profile = DEFAULT_PROFILE, as_json: AsJson = False) -> None:
    """Have messages disappear some time after they were read.

    Examples: `havre group timer Choir 1d`, `havre group timer Choir off`
    """
    run(lambda: set_timer(group, parse_duration(duration), profile, as_json))


@app.command()
def invite(
    group: GroupName,
    close: Annotated[bool, typer.Option("--close", help="Let nobody in by the link any more.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Make a new link; the old one is dead then.")] = False,
    approval: Annotated[bool, typer.Option("--approval", help="People ask, and somebody lets them in.")] = False,
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Show the link by which people come in, at once and though nobody else is there; the first time, make it.

    With `--approval` they ask, and wait until `havre group approve` lets them in.

    Examples: `havre group invite Choir`, `havre group invite Choir --approval`, `havre group invite Choir --close`
    """
    if close:
        run(lambda: changed(lambda me: me.groups.close_link(me.chat(group)), profile, as_json))
    else:
        run(lambda: _invite(group, new, approval, profile, as_json))


async def _invite(query: str, new: bool, approval: bool, profile: str, as_json: bool) -> None:
    async def do(me: Havre) -> Chat:
        chat = me.chat(query)
        if new or me.groups.link(chat) is None or approval > me.groups.show(chat).approval:
            await me.groups.open_link(chat, approval=approval)
        return chat

    async with opened(profile) as me:
        await me.settle(PATIENCE)
        link = me.groups.link(await carried_out(me, do))
    emit({"link": link}) if as_json else say(quoted(link or ""))


@app.command()
def join(
    link: Annotated[str, typer.Argument(help="An invitation link (havre://.../g/...).")],
    profile: Profile = DEFAULT_PROFILE,
    as_json: AsJson = False,
) -> None:
    """Enter a group by its invitation link, or ask to be let in.

    Example: `havre group join "havre://havre.example/g/abc..."`
    """
    run(lambda: changed(lambda me: me.groups.join(link), profile, as_json))


# --- how it is done -------------------------------------------------------------------------------------------


def with_member(
    group: str, person: str, act: Callable[[Havre, Chat, GroupMember], Awaitable[Chat]]
) -> Callable[[Havre], Awaitable[Chat]]:
    async def do(me: Havre) -> Chat:
        chat = me.chat(group)
        return await act(me, chat, me.groups.member(chat, person))

    return do


async def changed(do: Callable[[Havre], Awaitable[Chat]], profile: str, as_json: bool) -> None:
    """Change a group, wait until it has come about, and show it."""
    async with opened(profile) as me:
        await me.settle(PATIENCE)
        chat = await carried_out(me, do)
    done = "you are in as soon as it lets you in" if chat.standing is Standing.WAITING else "done"
    emit(chat_json(chat)) if as_json else say(f"[bold]{quoted(chat.title)}[/]: {done}.")


async def carried_out(me: Havre, do: Callable[[Havre], Awaitable[Chat]]) -> Chat:
    """Do something, wait until it has come about, and return the chat; raises CannotGoOn when it has not."""
    failed: list[str] = []
    listening = asyncio.create_task(_listen(me, failed))
    try:
        chat = await do(me)
        check_settled(await me.settle(PATIENCE))
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    if failed:
        raise CannotGoOn(failed[0])
    return me.chat(chat.id)


async def _listen(me: Havre, failed: list[str]) -> None:
    async for news in me.events():
        match news:
            case ChangeFailed(sentence=sentence):
                failed.append(sentence)


def parse_role(word: str) -> Role:
    """Return the role; raises WrongUsage."""
    role = _ROLES.get(word.lower().removesuffix("s"))
    if role is None:
        raise WrongUsage(f"{word!r} is no role; say owner, admin or member.")
    return role


def _word(role: Role) -> str:
    return role.name.lower()


def chat_json(chat: Chat) -> dict[str, Any]:
    """Return a group as a JSON object."""
    return {
        "id": chat.id,
        "title": chat.title,
        "description": chat.description,
        "timer": chat.timer,
        "standing": chat.standing.value,
        "unread": chat.unread,
    }


def _group_json(group: Group) -> dict[str, Any]:
    return {
        **chat_json(group.chat),
        "members": [
            {"id": one.id, "name": one.name, "role": _word(one.role), "me": one.me, "devices": one.devices}
            for one in group.members
        ],
        "rules": {
            "write": _word(group.rules.write),
            "add": _word(group.rules.add),
            "edit": _word(group.rules.edit),
            "history": group.rules.history,
            "pin": _word(group.rules.pin),
        },
        "banned": list(group.banned),
        "link": group.link_open,
        "approval": group.approval,
    }
