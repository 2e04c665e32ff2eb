"""The README's quickstart runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from havre import mls

README = (Path(mls.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_quickstart() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert isinstance(names["bob"], mls.Group)
    assert names["bob"].epoch == 2


def test_the_map_names_what_is_there() -> None:
    package = Path(mls.__file__).parent
    for name in re.findall(r"`([a-z_]+\.py|[a-z]+/)`", README):
        assert (package / name).exists(), name
