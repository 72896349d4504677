"""Prints what CHANGELOG.md says of a release, and fails when its tag is not the version that the sources have.

python3 .ci/release_notes.py v1.2.3
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def notes(changelog: str, version: str) -> str:
    r"""What stands under the heading of a version.

    >>> changelog = "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2027-02-01\n\n- More.\n\n## [1.0.0] - 2027-01-01\n\n- All.\n"
    >>> notes(changelog, "1.1.0"), notes(changelog, "1.0.0"), notes(changelog, "0.9.0")
    ('- More.', '- All.', '')
    """
    for section in changelog.split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        if heading.startswith(f"[{version}]"):
            return text.strip()
    return ""


def main(tag: str) -> None:
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    if tag != f"v{version}":
        sys.exit(f"the tag is {tag}, but Cargo.toml says version {version}")
    text = notes((ROOT / "CHANGELOG.md").read_text(), version)
    if not text:
        sys.exit(f"CHANGELOG.md says nothing under ## [{version}]")
    print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
