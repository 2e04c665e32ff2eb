"""The documents are true: what they name exists, what they tell to type works, and no file names what it must not."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from havre.cli.main import app

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.md")) if path.is_file()
)
PATHS = re.compile(r"`((?:src|tests|docs|bench|scripts|mls|content|wire|relay|client|cli)/[\w./-]*)`")
LINKS = re.compile(r"\]\((?!https?://|havre:)([^)#]+)\)")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_exists(document: Path) -> None:
    text = document.read_text()
    for name in PATHS.findall(text):
        assert (ROOT / name).exists() or (ROOT / "src/havre" / name).exists(), name
    for link in LINKS.findall(text):
        assert (document.parent / link).exists(), link


def test_every_command_has_help_with_an_example() -> None:
    shown = CliRunner().invoke(app, ["--help"], terminal_width=100)
    assert shown.exit_code == 0
    for name in ("relay", "signup", "link", "add", "people", "send", "read", "save", "chat", "verify", "app", "demo"):
        assert name in shown.output
        text = CliRunner().invoke(app, [name, "--help"], terminal_width=200)
        assert text.exit_code == 0
        assert f"havre {name}" in text.output, f"{name} --help shows no example"


def test_the_apps_guide_names_only_what_its_windows_show() -> None:
    guide = (ROOT / "docs/guide/app.md").read_text()
    words = set(re.findall(r'^  \w+:\s+"(.*)",$', (ROOT / "web/src/words/en.ts").read_text(), re.MULTILINE))
    named = [label for way in re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", guide) for label in way.split(", ")]
    assert len(named) > 10
    assert [label for label in named if label not in words] == []


@pytest.mark.parametrize("document", ["README.md", "docs/guide/app.md"])
def test_it_names_only_commands_and_options_that_exist(document: str) -> None:
    block = re.findall(r"```sh\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    lines = [line.split("#")[0].strip() for line in "\n".join(block).splitlines()]
    made = (ROOT / "Makefile").read_text()
    for line in filter(None, lines):
        program, *words = line.replace("&", "").split()
        if program == "make":
            assert f"\n{words[0]}:" in made
            continue
        assert program == "havre"
        text = CliRunner().invoke(app, [words[0], "--help"], terminal_width=200).output
        for option in (word for word in words if word.startswith("--")):
            assert option in text, line


def test_no_file_names_a_package_index_or_a_machine() -> None:
    index = re.compile(r"(?:pypi|pythonhosted|npmjs)\.(?:org|com)|registry\.npm|/root/|/work/", re.IGNORECASE)
    for path in tracked():
        if path == Path(__file__):
            continue
        found = index.search(path.read_text(encoding="utf-8", errors="replace"))
        assert found is None, f"{path}: {found}"
