"""The proxy that a person's environment asks for; a relay on this machine is never reached through one."""

from __future__ import annotations

from urllib.request import getproxies, proxy_bypass

from havre.client.identity.address import RelayAddress


def proxy_for(address: RelayAddress) -> str | None:
    """Return the URL of the proxy for a relay (`https_proxy`, `all_proxy`, `no_proxy` and the like), or None."""
    if address.loopback or proxy_bypass(address.host):
        return None
    proxies = getproxies()
    return proxies.get("https" if address.tls else "http") or proxies.get("all")
