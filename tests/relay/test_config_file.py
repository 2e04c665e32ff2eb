"""relay.toml is checked so that a person can mend it: key, line, what is allowed, what was probably meant."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.relay.config import ConfigError, RelayConfig, Sources, sources
from havre.relay.config_file import FileError, allowed, file_config, line_of, read_file


def findings(text: str, where: Sources | None = None) -> list[str]:
    with pytest.raises(FileError) as caught:
        file_config(text, where or Sources())
    return [one.words() for one in caught.value.findings]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# a\nport = 70000\n", "line 2: port: 70000 is not allowed. Allowed: a whole number from 0 to 65535."),
        ("hots = 'x'", "line 1: hots: there is no such setting. Did you mean host?"),
        ("zzzzzz = 1", "line 1: zzzzzz: there is no such setting."),
        ("\nbudgets = 3", "line 2: budgets: 3 is not allowed. Allowed: true or false."),
        ("port = true", "line 1: port: true is not allowed. Allowed: a whole number from 0 to 65535."),
        ("log = 'xml'", 'line 1: log: \'xml\' is not allowed. Allowed: "json" or "console".'),
        ("reserved_names = [\n 'aa',\n]\n", "line 1: reserved_names: ['aa'] is not allowed. Allowed: a list of: 64 "),
        ("forwarded = ['x']", "line 1: forwarded: ['x'] is not allowed. Allowed: a list of: an IPv4 address or netw"),
        ("ttl = 60\nentry_bytes = 1040000", "line 2: entry_bytes: must be at least 65536 below frame_bytes."),
        ("tls_key = 'x'", "tls_certificate: must be set too"),
        ("port = 1\n\nport = 3", "line 3: port: is set a second time."),
        ("ttl = 60\nhost = 'a\nport = 1", "line 2: this is not TOML"),
        ("a b", "line 1: this is not TOML"),
    ],
)
def test_each_problem_is_named_with_its_line(text: str, words: str) -> None:
    assert [one for one in findings(text) if one.startswith(words)], findings(text)


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = "log = 'xml'\nhots = 'x'\nport = -1\n"
    assert [one.partition(":")[0] for one in findings(text)] == ["line 1", "line 2", "line 3"]


def test_flags_win_over_the_environment_and_that_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAVRE_RELAY_PORT", "2")
    monkeypatch.setenv("HAVRE_RELAY_HOST", "127.0.0.2")
    config = file_config("port = 1\nhost = '127.0.0.1'\nttl = 77", sources(port=3))
    assert (config.port, config.host, config.ttl) == (3, "127.0.0.2", 77)


def test_what_the_environment_says_is_not_blamed_on_the_file() -> None:
    wrong = Sources({}, {"port": "x"})
    assert findings("port = 1", wrong) == [
        "port: what the environment's HAVRE_RELAY_PORT says is not allowed. Allowed: a whole number from 0 to 65535."
    ]


def test_an_environment_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAVRE_RELAY_RESERVED_NAMES", "[aa")
    with pytest.raises(ConfigError, match="reserved_names"):
        sources()


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        read_file(tmp_path / "nothing")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="no text"):
        read_file(tmp_path / "bytes")
    (tmp_path / "large").write_text("#" * 300_000)
    with pytest.raises(FileError, match="larger than"):
        read_file(tmp_path / "large")


def test_it_is_known_of_every_setting_what_is_allowed() -> None:
    assert all(allowed(key) for key in RelayConfig.model_fields)


def test_a_line_is_found_behind_texts_and_lists_that_look_like_it() -> None:
    text = 'host = """\nport = 1\n"""\nforwarded = [\n  "10.0.0.0/8", # port = 2\n]\nport = 3\n'
    assert line_of(text, "port") == 7


@given(
    st.text(max_size=60)
    | st.sampled_from(sorted(RelayConfig.model_fields)).flatmap(
        lambda k: st.builds(f"{k} = {{}}".format, st.text(max_size=20))
    )
)
def test_whatever_a_file_says_it_is_taken_or_refused_in_words(text: str) -> None:
    with suppress(FileError):
        assert file_config(text, Sources())
