"""The one error of this package."""


class ContentError(ValueError):
    """The bytes are no MIMI content, or the content breaks a rule; the message names the field, never its value."""
