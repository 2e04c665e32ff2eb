"""`havre group`: making groups, who is in them, who may do what, and who asks to be let in."""

from havre.cli.group import applicants
from havre.cli.group.groups import app

applicants.register(app)

__all__ = ["app"]
