"""Makes the bills of materials (CycloneDX) of the function and of the command line, and proves that they are whole.

python3 .ci/bills_of_materials.py FOLDER   puts setpoint-function.cdx.json and setpoint-cli.cdx.json there

They list the crates that Cargo builds each from, by version, licence and checksum: cargo-cyclonedx takes the features of the
whole workspace together, and so lists crates that are in no binary, which are left out here. No path of this machine is in
them, and their time is that of the commit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

# Name of the bill, the package, the folder of its manifest, and the platform; the command line is for several.
BILLS = [
    ("setpoint-function", "setpoint", ".", "aarch64-unknown-linux-gnu"),
    ("setpoint-cli", "setpoint-cli", "cli", "all"),
]


def output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def bill(package: str, folder: str, platform: str) -> dict[str, Any]:
    made = ROOT / folder / f"{package}_bin.cdx.json"
    command = ["cargo", "cyclonedx", "--quiet", "--format", "json", "--describe", "binaries", "--target", platform, "--spec-version", "1.5"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": output("git", "log", "-1", "--format=%ct")}
    try:
        subprocess.run(command, cwd=ROOT, check=True, env=environment)
        # A crate of this workspace is named by its path, which is none of the reader's.
        return json.loads(made.read_text().replace(f"{ROOT.as_uri()}", "file:///setpoint").replace(str(ROOT), "/setpoint"))
    finally:
        for other in [*ROOT.glob("*.cdx.json"), *ROOT.glob("*/*.cdx.json")]:
            other.unlink()


def expected(package: str, platform: str) -> set[str]:
    """Name and version of each crate that Cargo builds the package from, build scripts and derives too."""
    edges = ["--edges", "normal,build", "--target", platform, "--prefix", "none", "--format", "{p}"]
    lines = output("cargo", "tree", "--locked", "--package", package, *edges).splitlines()
    return {" ".join(line.split()[:2]).replace(" v", " ") for line in lines}


def component(it: dict[str, Any]) -> str:
    return f"{it['name']} {it['version']}"


def narrowed(made: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    """Without the components that Cargo does not build, and without what is said of them.

    >>> one, two = ({"name": name, "version": "1", "bom-ref": name} for name in ("one", "two"))
    >>> edges = [{"ref": "one", "dependsOn": ["two"]}, {"ref": "two"}]
    >>> narrowed({"components": [one, two], "dependencies": edges}, {"one 1"})["dependencies"]
    [{'ref': 'one', 'dependsOn': []}]
    """
    gone = {it["bom-ref"] for it in made["components"] if component(it) not in wanted}
    dependencies = [
        {**it, "dependsOn": [ref for ref in it["dependsOn"] if ref not in gone]} if "dependsOn" in it else it
        for it in made["dependencies"]
        if it["ref"] not in gone
    ]
    components = [it for it in made["components"] if it["bom-ref"] not in gone]
    return {**made, "components": components, "dependencies": dependencies}


def main(arguments: list[str]) -> None:
    if len(arguments) != 1:
        sys.exit(__doc__)
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, package, manifest, platform in BILLS:
        wanted = expected(package, platform)
        found = narrowed(bill(package, manifest, platform), wanted)
        components = {component(it) for it in found["components"]}
        own = {f"{package} {found['metadata']['component']['version']}"}
        if missing := wanted - components - own:
            sys.exit(f"{name}: the bill of materials lacks {sorted(missing)}")
        known = {it["bom-ref"] for it in [*found["components"], found["metadata"]["component"]]}
        named = {ref for it in found["dependencies"] for ref in [it["ref"], *it.get("dependsOn", [])]}
        if unknown := named - known:
            sys.exit(f"{name}: depended on, and not in the bill of materials, are {sorted(unknown)}")
        unlicensed = [it["name"] for it in found["components"] if not it.get("licenses")]
        if unlicensed:
            sys.exit(f"{name}: no licence for {unlicensed}")
        text = json.dumps(found, indent=2) + "\n"
        for path in (str(ROOT), str(Path.home())):
            if path in text:
                sys.exit(f"{name}: {path} is in the bill of materials")
        (folder / f"{name}.cdx.json").write_text(text)
        print(f"{folder / name}.cdx.json: CycloneDX {found['specVersion']}, {len(components)} crates")


if __name__ == "__main__":
    main(sys.argv[1:])
