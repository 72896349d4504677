"""Runs the sandbox's boto3 conformance test against `cargo setpoint sandbox`."""

from __future__ import annotations

import subprocess
import sys

from parts import ROOT, free_port, sandbox

with sandbox(free_port()) as url:
    status = subprocess.run([sys.executable, ROOT / "sandbox/tests/boto3_conformance.py", url], check=False).returncode
sys.exit(status)
