"""Sentences for a person that have a name, so that a face that speaks another language finds its own words."""

from __future__ import annotations


class Sentence(str):
    """A sentence in English; `kind` names what it says, as the class of an error does."""

    kind: str


def said(kind: str, sentence: str) -> Sentence:
    """Return a sentence under its name."""
    named = Sentence(sentence)
    named.kind = kind
    return named


def kind_of(sentence: str, otherwise: str) -> str:
    """Return the name of what a sentence says, or `otherwise` when it has none."""
    return sentence.kind if isinstance(sentence, Sentence) else otherwise
