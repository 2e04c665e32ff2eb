"""The public pages that say how the relay is; they are made once for each status, and wait in no line."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from havre.relay.http.call import NO_STORE, Call, json
from havre.wire.status import Readiness, State, Status

RELOAD: Final = 15
"""Seconds after which a browser fetches the page again."""
RETRY_NOT_READY: Final = "5"
_STYLE: Final = (
    "body{font:18px/1.6 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color:#1b1b1b;"
    "background:#fff}p.state{border-left:.5rem solid;padding-left:1rem;font-size:1.3rem}"
    ".ok{border-color:#1a7f37}.busy{border-color:#bf8700}.read-only,.maintenance{border-color:#cf222e}"
    "@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}a{color:#8ab4f8}}"
)
CSP: Final = (
    "default-src 'none'; style-src 'sha256-"
    + b64encode(sha256(_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_WORDS: Final = {
    "en": {
        "title": "How this relay is",
        State.OK: "Everything works.",
        State.BUSY: "Many people are signing up. New accounts wait in line; existing ones work as ever.",
        State.READ_ONLY: "This relay can store nothing more at this moment. What is there can be read, nothing is "
        "lost, and apps send what waits by themselves later.",
        State.MAINTENANCE: "This relay is being restarted. Apps reconnect by themselves; nothing is lost.",
        "line": "In line: {waiting}. Waiting time for whoever comes now: {wait}.",
        "other": "Français",
    },
    "fr": {
        "title": "L'état de ce relais",
        State.OK: "Tout fonctionne.",
        State.BUSY: "Beaucoup de personnes s'inscrivent. Les nouveaux comptes attendent leur tour ; les comptes "
        "existants fonctionnent comme d'habitude.",
        State.READ_ONLY: "Ce relais ne peut rien enregistrer de plus pour le moment. Ce qui est là reste lisible, rien "
        "n'est perdu, et les applications enverront plus tard d'elles-mêmes ce qui attend.",
        State.MAINTENANCE: "Ce relais redémarre. Les applications se reconnectent d'elles-mêmes ; rien n'est perdu.",
        "line": "Dans la file : {waiting}. Attente pour qui arrive maintenant : {wait}.",
        "other": "English",
    },
}
_TIMES: Final = {"en": ("less than two minutes", "{n} minutes"), "fr": ("moins de deux minutes", "{n} minutes")}


async def health(call: Call) -> Response:
    """Say that the relay answers."""
    return json({"status": "ok"})


async def ready(call: Call) -> Response:
    """Say whether the relay takes everything; a machine in front sends people elsewhere while it does not."""
    condition = call.services.condition
    answer = json(Readiness(condition.is_ready, condition.state), 200 if condition.is_ready else 503)
    if not condition.is_ready:
        answer.headers["Retry-After"] = RETRY_NOT_READY
    return answer


async def status(call: Call) -> Response:
    """Return how the relay is, for programs."""
    return json(call.services.condition.status())


async def status_page(call: Call) -> Response:
    """Return how the relay is, for people, in French or English."""
    language = language_of(call.request)
    headers = {
        "Content-Language": language,
        "Content-Security-Policy": CSP,
        "Vary": "Accept-Language",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    page = _page(call.services.condition.status(), language)
    return Response(page, 200, NO_STORE | headers, "text/html; charset=utf-8")


def language_of(request: Request) -> str:
    """Return the language that somebody wants to read: `?lang=` first, then what the browser prefers."""
    chosen = request.query_params.get("lang", "")
    if chosen in _WORDS:
        return chosen
    wanted = [_preference(part) for part in request.headers.get("Accept-Language", "")[:500].split(",")]
    best = max((one for one in wanted if one[1] in _WORDS), default=(0.0, ""))
    return best[1] if best[0] > 0 else "en"


def _preference(part: str) -> tuple[float, str]:
    tag, _, quality = part.strip().partition(";q=")
    try:
        weight = float(quality) if quality else 1.0
    except ValueError:
        weight = 0.0
    return weight, tag.split("-")[0].strip().lower()


@lru_cache(maxsize=16)
def _page(now: Status, language: str) -> bytes:
    words, other = _WORDS[language], "en" if language == "fr" else "fr"
    line = ""
    if now.status is State.BUSY:
        waiting, wait = _number(now.waiting, language), _time_words(now.wait, language)
        line = f"<p>{escape(words['line'].format(waiting=waiting, wait=wait))}</p>"
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><meta http-equiv="refresh" content="{RELOAD}">'
        f"<title>{escape(words['title'])}</title><style>{_STYLE}</style><h1>{escape(words['title'])}</h1>"
        f'<p class="state {now.status.value}" role="status">{escape(words[now.status])}</p>{line}'
        f'<p><a href="?lang={other}" lang="{other}" hreflang="{other}">{words["other"]}</a></p></html>'
    ).encode()


def _time_words(seconds: int, language: str) -> str:
    short, minutes = _TIMES[language]
    return short if seconds < 120 else minutes.format(n=_number(round(seconds / 60), language))


def _number(value: int, language: str) -> str:
    return f"{value:,}".replace(",", "\u202f" if language == "fr" else ",")
