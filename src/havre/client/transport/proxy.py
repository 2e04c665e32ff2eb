"""The proxy that a person's environment asks for; a relay on this machine is never reached through one."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from havre.client.errors import ProxyUnusable
from havre.client.identity.address import RelayAddress


def proxy_for(address: RelayAddress) -> str | None:
    """Return the URL of the proxy for a relay (`https_proxy`, `all_proxy`, `no_proxy` and the like), or None.

    Raises `ProxyUnusable`; going there directly instead would show what the proxy may be there to hide.
    """
    if address.loopback or proxy_bypass(address.host):
        return None
    proxies = getproxies()
    proxy = proxies.get("https" if address.tls else "http") or proxies.get("all")
    if proxy is not None and not _is_usable(proxy):
        raise ProxyUnusable
    return proxy


def _is_usable(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
