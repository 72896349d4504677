"""What the scripts beside this one share: servers that always stop, the function under Lambda's emulator, named checks."""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
LOGS = TARGET / "ci/logs"
CREDENTIALS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}

# As AWS calls this machine's.
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]

# A terminated script must still stop its servers: as an exception, the signal runs every `finally`.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def server(command: list[str | Path], port: int, environment: dict[str, str], seconds: float = 60) -> Iterator[str]:
    """Runs a command until the block ends; gives its URL once it accepts connections on `port`."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{Path(command[0]).name}-{port}.log"
    # Nothing of the caller's own AWS set-up may reach a server: no profile, no region, no account.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**inherited, "AWS_CONFIG_FILE": os.devnull, "NO_PROXY": "127.0.0.1", **CREDENTIALS, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        if not is_listening(process, port, seconds):
            # Not a failed check but the end of the script: nothing after it could work.
            sys.exit(f"{command} does not listen on {port}; {end_of(log)}")
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def end_of(log: Path) -> str:
    last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
    return f"the end of {log}:\n{last_lines}"


def is_listening(process: subprocess.Popen[bytes], port: int, seconds: float) -> bool:
    """Waits until it is, the process ends, or time is up."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the process, then whatever it started: its session has no other members."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


@contextmanager
def sandbox(port: int) -> Iterator[str]:
    """Setpoint's own control planes, as people start them; the patience is for cargo, which may have to build first."""
    with server(["cargo", "setpoint", "sandbox", "--listen", f"127.0.0.1:{port}"], port, {}, seconds=1200) as url:
        yield url


@contextmanager
def sandbox_alone(port: int) -> Iterator[str]:
    """The same without the command line, which takes much less building."""
    serve = ["cargo", "run", "--locked", "--package", "setpoint-sandbox", "--example", "serve"]
    with server([*serve, "--", "--listen", f"127.0.0.1:{port}"], port, {}, seconds=1200) as url:
        yield url


def control(sandbox: str, method: str, path: str, body: Any = None) -> Any:
    """What a path of a sandbox's own answers, by its URL."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{sandbox}/_sandbox/{path}", content, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        text = response.read()
    return json.loads(text) if text else None


BOOTSTRAP = TARGET / "lambda/setpoint/bootstrap"


@contextmanager
def function(environment: dict[str, str], command: list[str | Path] | None = None) -> Iterator[Callable[[str], Any]]:
    """The release binary in one process of AWS's Runtime Interface Emulator; call it with an event to get its answer."""
    emulator = Path(sysconfig.get_path("purelib")) / f"samcli/local/rapid/aws-lambda-rie-{ARCHITECTURE}"
    emulator.chmod(0o755)
    port, runtime_port = free_port(), free_port()
    emulated = [
        emulator,
        # It listens on all interfaces unless told.
        *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
        *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
        *(command or [BOOTSTRAP]),
    ]
    lambda_environment = {
        "AWS_LAMBDA_FUNCTION_NAME": "setpoint",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with server(emulated, port, {**lambda_environment, **environment}) as url:
        yield lambda event: invoke(url, event)


def invoke(url: str, event: str) -> Any:
    """The emulator answers 200 whether the function succeeded or failed, and 502 when its process died."""
    request = urllib.request.Request(f"{url}/2015-03-31/functions/function/invocations", event.encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=90) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"HTTP {error.code}: {error.read().decode(errors='replace')}") from error


def with_current_time(event: str) -> str:
    """Replaces the placeholders that the files in events/ have where the time of the event stands."""
    now = datetime.now(UTC)
    milliseconds = now.microsecond // 1000
    return (
        event.replace("{{now}}", f"{now:%Y-%m-%dT%H:%M:%SZ}")
        .replace("{{now:alarm}}", f"{now:%Y-%m-%dT%H:%M:%S}.{milliseconds:03}+0000")
        .replace("{{now:ms}}", str(int(now.timestamp()) * 1000 + milliseconds))
    )


class Checks:
    """Named checks, one line each; all run, and the first failure does not hide the next."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    @contextmanager
    def check(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as problem:
            self.failed += 1
            print(f"FAIL  {name}: {type(problem).__name__}: {problem}", flush=True)
        else:
            self.passed += 1
            print(f"ok    {name}", flush=True)

    def exit(self) -> None:
        print(f"{self.passed} passed, {self.failed} failed" + (f"; logs in {LOGS}" if self.failed else ""), flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


def expect(actual: Any, expected: Any) -> None:
    if actual != expected:
        raise AssertionError(f"got {json.dumps(actual, default=str)}, expected {json.dumps(expected, default=str)}")
