"""MIMI content to CBOR and back. The decoder takes exactly what the encoder makes of the same value, and nothing else.

The CBOR library is lenient (trailing bytes, tags, longer-than-needed lengths), so what it decoded is encoded again and
compared: bytes that differ from their own re-encoding are refused. Map order is the one thing a sender may choose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import cbor2

from havre.content.errors import ContentError
from havre.content.model import (
    MESSAGE_ID_BYTES,
    SALT_BYTES,
    Content,
    Expiration,
    ExternalPart,
    MultiPart,
    NullPart,
    Part,
    PartSemantics,
    SinglePart,
)

MAX_CONTENT_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 4
"""Multiparts inside multiparts."""
MAX_PARTS: Final = 64
MAX_EXTENSIONS: Final = 32
MAX_EXTENSION_BYTES: Final = 4095

_CBOR_DEPTH: Final = 16
_NULL, _SINGLE, _EXTERNAL, _MULTI = range(4)

T = TypeVar("T")


def encode(content: Content) -> bytes:
    """Return the CBOR of `content`; raises ContentError when it breaks a rule that `decode` would refuse."""
    data = _dump(_content_array(content))
    decode(data)
    return data


def decode(data: bytes) -> Content:
    """Return the content that `data` encodes; raises ContentError, and nothing else, on any other bytes."""
    fields = _array(_load(data), 7, "content")
    salt, replaces, topic, expires, in_reply_to, extensions, part = fields
    return Content(
        salt=_sized(salt, SALT_BYTES, "salt"),
        part=_part(part, MAX_DEPTH),
        replaces=_optional(replaces, lambda value: _sized(value, MESSAGE_ID_BYTES, "replaces")),
        topic_id=_bytes(topic, "topicId"),
        expires=_optional(expires, _expiration),
        in_reply_to=_optional(in_reply_to, lambda value: _sized(value, MESSAGE_ID_BYTES, "inReplyTo")),
        extensions=_extensions(extensions),
    )


def decode_value(data: bytes, limit: int = MAX_EXTENSION_BYTES) -> Any:
    """Return the plain CBOR value in `data` (numbers, strings, arrays, maps), as strictly as `decode` does."""
    return _load(data, limit)


def encode_value(value: object) -> bytes:
    """Return the CBOR of a plain value."""
    return _dump(value)


def _dump(value: object) -> bytes:
    try:
        return cbor2.dumps(value)
    except (cbor2.CBORError, UnicodeEncodeError) as error:
        raise ContentError(f"cannot be encoded: {error}") from None


def _load(data: bytes, limit: int = MAX_CONTENT_BYTES) -> Any:
    if len(data) > limit:
        raise ContentError(f"larger than {limit} bytes")
    try:
        value = cbor2.loads(
            data,
            semantic_decoders=_NO_TAGS,
            max_depth=_CBOR_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            tag_hook=_refuse_tag,
        )
        again = cbor2.dumps(value)
    except (cbor2.CBORError, UnicodeError, ValueError, TypeError, OverflowError, RecursionError):
        raise ContentError("not CBOR that content may hold") from None
    if again != data:
        raise ContentError("not the shortest CBOR, or followed by other bytes")
    return value


def _refuse_tag(*_: object) -> object:
    raise ContentError("CBOR tags have no place in content")


_NO_TAGS: Final[dict[int, Callable[..., object]]] = dict.fromkeys(
    (*range(64), 100, 256, 258, 260, 261, 1004, 43000, 55799), _refuse_tag
)
"""The library's own tags (dates, big numbers, shared references ...), each refused."""


def _array(value: object, length: int, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) != length:
        raise ContentError(f"{name} is no array of {length}")
    return value


def _bytes(value: object, name: str) -> bytes:
    if not isinstance(value, bytes):
        raise ContentError(f"{name} is no byte string")
    return value


def _sized(value: object, size: int, name: str) -> bytes:
    data = _bytes(value, name)
    if len(data) != size:
        raise ContentError(f"{name} is not {size} bytes long")
    return data


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ContentError(f"{name} is no text")
    return value


def _number(value: object, bits: int, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise ContentError(f"{name} is no unsigned number of {bits} bits")
    return value


def _optional(value: object, read: Callable[[object], T]) -> T | None:
    return None if value is None else read(value)


def _expiration(value: object) -> Expiration:
    relative, time = _array(value, 2, "expires")
    if not isinstance(relative, bool):
        raise ContentError("expires does not say whether it is relative")
    return Expiration(relative, _number(time, 32, "expires"))


def _extensions(value: object) -> Mapping[int | str, object]:
    if not isinstance(value, dict) or len(value) > MAX_EXTENSIONS:
        raise ContentError(f"extensions are no map of at most {MAX_EXTENSIONS}")
    for name, item in value.items():
        _check_extension(name, item)
    return MappingProxyType(value)


def _check_extension(name: object, item: object) -> None:
    if isinstance(name, bool) or not isinstance(name, int | str):
        raise ContentError("an extension's name is neither number nor text")
    if isinstance(name, str) and not 1 <= len(name.encode()) <= 255:
        raise ContentError("an extension's name has not 1 to 255 bytes")
    if len(cbor2.dumps(item)) > MAX_EXTENSION_BYTES:
        raise ContentError(f"an extension is larger than {MAX_EXTENSION_BYTES} bytes")


def _part(value: object, depth: int) -> Part:
    if not isinstance(value, list) or len(value) < 3:
        raise ContentError("a part is no array of three or more")
    disposition = _number(value[0], 8, "disposition")
    language = _text(value[1], "language")
    reader = _READERS.get(value[2]) if isinstance(value[2], int) else None
    if reader is None:
        raise ContentError("a part's cardinality is unknown")
    return reader(value[3:], disposition, language, depth)


def _null_part(fields: list[Any], disposition: int, language: str, _: int) -> Part:
    _array(fields, 0, "null part")
    return NullPart(disposition, language)


def _single_part(fields: list[Any], disposition: int, language: str, _: int) -> Part:
    content_type, content = _array(fields, 2, "single part")
    return SinglePart(_text(content_type, "contentType"), _bytes(content, "content"), disposition, language)


def _external_part(fields: list[Any], disposition: int, language: str, _: int) -> Part:
    kind, url, expires, size, enc_alg, key, nonce, aad, hash_alg, digest, description, filename = _array(
        fields, 12, "external part"
    )
    return ExternalPart(
        content_type=_text(kind, "contentType"),
        url=_text(url, "url"),
        expires=_number(expires, 32, "expires"),
        size=_number(size, 64, "size"),
        enc_alg=_number(enc_alg, 16, "encAlg"),
        key=_bytes(key, "key"),
        nonce=_bytes(nonce, "nonce"),
        aad=_bytes(aad, "aad"),
        hash_alg=_number(hash_alg, 8, "hashAlg"),
        content_hash=_bytes(digest, "contentHash"),
        description=_text(description, "description"),
        filename=_text(filename, "filename"),
        disposition=disposition,
        language=language,
    )


def _multi_part(fields: list[Any], disposition: int, language: str, depth: int) -> Part:
    semantics, parts = _array(fields, 2, "multipart")
    if depth == 0:
        raise ContentError(f"multiparts are nested deeper than {MAX_DEPTH}")
    if not isinstance(parts, list) or not 2 <= len(parts) <= MAX_PARTS:
        raise ContentError(f"a multipart has not 2 to {MAX_PARTS} parts")
    try:
        meaning = PartSemantics(_number(semantics, 8, "partSemantics"))
    except ValueError:
        raise ContentError("partSemantics is unknown") from None
    return MultiPart(meaning, tuple(_part(part, depth - 1) for part in parts), disposition, language)


_READERS: Final[dict[int, Callable[[list[Any], int, str, int], Part]]] = {
    _NULL: _null_part,
    _SINGLE: _single_part,
    _EXTERNAL: _external_part,
    _MULTI: _multi_part,
}


def _content_array(content: Content) -> list[object]:
    expires = content.expires
    return [
        content.salt,
        content.replaces,
        content.topic_id,
        None if expires is None else [expires.relative, expires.time],
        content.in_reply_to,
        dict(content.extensions),
        _part_array(content.part),
    ]


def _part_array(part: Part) -> list[object]:
    head: list[object] = [int(part.disposition), part.language]
    match part:
        case NullPart():
            return [*head, _NULL]
        case SinglePart():
            return [*head, _SINGLE, part.content_type, part.content]
        case ExternalPart():
            return [*head, _EXTERNAL, *_external_fields(part)]
        case MultiPart():
            return [*head, _MULTI, int(part.semantics), [_part_array(nested) for nested in part.parts]]


def _external_fields(part: ExternalPart) -> list[object]:
    return [
        part.content_type,
        part.url,
        part.expires,
        part.size,
        part.enc_alg,
        part.key,
        part.nonce,
        part.aad,
        part.hash_alg,
        part.content_hash,
        part.description,
        part.filename,
    ]
