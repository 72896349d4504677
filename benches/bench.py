"""What `run` and `gate` share: the programs they build, the servers they start, and one function process measured."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

BENCHES = Path(__file__).resolve().parent
ROOT = BENCHES.parent
FUNCTION_TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
TARGET = FUNCTION_TARGET / "benches"
FUNCTION = FUNCTION_TARGET / "release/setpoint"

# What Lambda sets, and nothing of the caller's own environment.
LAMBDA_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "token" * 150,
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EXECUTION_ENV": "AWS_Lambda_rust",
    "AWS_LAMBDA_FUNCTION_NAME": "setpoint",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/setpoint",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0000",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LANG": "en_US.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "TZ": ":UTC",
}


# Amazon Linux 2023 has about as many.
CERTIFICATES = 140


# The hosts that clients find by themselves for us-east-1, here on loopback.
HOSTS = [f"{service}.us-east-1.amazonaws.com" for service in ("api.sagemaker", "lambda", "bedrock", "sts", "dynamodb")]
APART = "SETPOINT_BENCH_APART"


def move_apart() -> None:
    """Starts this script again where AWS's host names are this machine: in namespaces of its own for mounts and network.

    So nothing is configured that AWS does not configure, the rules that find an endpoint are evaluated as in Lambda, and
    nothing leaves the machine. Root may do this, and others where the kernel lets them.
    """
    if APART in os.environ:
        hosts = TARGET / "hosts"
        hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in ["localhost", *HOSTS]))
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP | IFF_RUNNING))
        return
    done = subprocess.run([*apart(), sys.executable, *sys.argv], env={**os.environ, APART: "yes"}, check=False)
    sys.exit(done.returncode)


def can_move_apart() -> bool:
    return APART in os.environ or subprocess.run([*apart(), "true"], capture_output=True, check=False).returncode == 0


def apart() -> list[str]:
    own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", "--mount", "--net", *own_user]


SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40


def cargo(*arguments: str, target: Path = TARGET, directory: Path = BENCHES) -> None:
    """Packages are built one by one, so that the features of one never reach another."""
    if APART in os.environ:
        return
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    subprocess.run(["cargo", "build", "--quiet", "--locked", *arguments], cwd=directory, env=environment, check=True)


def require_valgrind() -> None:
    if not shutil.which("valgrind"):
        sys.exit("valgrind is needed to count instructions: apt-get install valgrind")


def build_function() -> None:
    cargo("--release", "--package", "setpoint", target=FUNCTION_TARGET, directory=ROOT)


@dataclass(frozen=True)
class Servers:
    """The two programs that stand for Lambda and for the services."""

    runtime_api: Path
    control_plane: Path

    @classmethod
    def build(cls, profile: str) -> Servers:
        cargo("--profile", profile, "--package", "runtime-api", "--package", "control-plane")
        directory = TARGET / ("debug" if profile == "dev" else profile)
        return cls(directory / "runtime-api", directory / "control-plane")


@dataclass(frozen=True)
class Function:
    """A function that can be run, and the files that would be uploaded."""

    name: str
    command: Sequence[str | Path]
    package: Sequence[tuple[Path, str]]
    environment: dict[str, str] = field(default_factory=dict)
    # The variable for where the machine's trust store is. botocore brings one of its own and looks at none, but for this.
    trust: str = "SSL_CERT_FILE"


def rust_function(name: str, binary: Path, **environment: str) -> Function:
    return Function(name, [binary], [(binary, "bootstrap")], environment)


def python_function(name: str, interpreter: Path, module: str) -> Function:
    """The handler as it would be uploaded to the managed runtime, which brings awslambdaric, with boto3 pinned beside it."""
    source = BENCHES / "boto3"
    libraries = next((interpreter.parents[1] / "lib").glob("python3*/site-packages"))
    vendored = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "urllib3", "six.py")
    package = [(libraries / part, part) for part in vendored] + [(source / "job.py", "job.py")]
    command = [interpreter, "-m", "awslambdaric", f"{module}.handler"]
    return Function(name, command, package, {"PYTHONPATH": str(source)}, trust="AWS_CA_BUNDLE")


def setpoint(binary: Path = FUNCTION, name: str = "setpoint") -> Function:
    """The product, configured: with guardrails, bindings and a decision record, not a cut-down variant."""
    return rust_function(name, binary, SETPOINT_CONFIG=f"file:{BENCHES / 'setpoint.json'}")


def with_ledger(function: Function, name: str) -> Function:
    """The same function, which keeps a ledger in the table that the sandbox has."""
    configuration = TARGET / "setpoint-ledger.json"
    given = json.loads((BENCHES / "setpoint.json").read_text())
    TARGET.mkdir(parents=True, exist_ok=True)
    configuration.write_text(json.dumps({**given, "ledgerTable": LEDGER}))
    return replace(function, name=name, environment={"SETPOINT_CONFIG": f"file:{configuration}"})


LEDGER = "setpoint-ledger"


def zipped_bytes(package: Sequence[tuple[Path, str]]) -> int:
    archive = TARGET / "package.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as output:
        for path, name in package:
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            for file in files:
                if file.is_file() and "__pycache__" not in file.parts:
                    output.write(file, Path(name, file.relative_to(path)) if path.is_dir() else name)
    return archive.stat().st_size


@dataclass(frozen=True)
class ControlPlane:
    """The sandbox behind TLS."""

    sandbox: str
    authority: Path
    process: subprocess.Popen[str]

    def most_in_flight(self) -> int:
        """The most calls that awaited their answer at a time, since this was last asked."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.sandbox}/_sandbox/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            body = response.read()
        return json.loads(body) if body else None


@contextmanager
def control_plane(servers: Servers, functions: int = 0, **traffic: int) -> Iterator[ControlPlane]:
    """Serves until the block ends, with `functions` Lambda functions beside what the sandbox has anyway."""
    seed_file, authority = TARGET / "seed.json", TARGET / "authority.pem"
    seed_file.write_text(json.dumps(seed(functions, traffic)))
    command = [servers.control_plane, seed_file, authority, trust_store(), *HOSTS]
    # Its standard input is a pipe from this process: when this process ends, so does the server.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        try:
            sandbox = process.stdout.readline().strip()
            if not sandbox:
                sys.exit(f"{servers.control_plane} does not start")
            yield ControlPlane(sandbox, authority, process)
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def seed(functions: int, traffic: dict[str, int]) -> dict[str, Any]:
    """The sandbox's own example, in which every change is done at once, so that each event finds something to change."""
    seed = json.loads((ROOT / "sandbox/seed.json").read_text())
    region = seed["accounts"]["123456789012"]["us-east-1"]
    ready = {"requested": 5, "allocated": 5, "status": "READY", "lastModified": "2025-03-04T09:00:00Z"}
    for number in range(functions):
        region["functions"][function_name(number)] = {
            "versions": ["1"],
            "aliases": {"live": {"functionVersion": "1"}},
            "provisionedConcurrency": {"live": ready},
        }
    region["limits"] = {"concurrentExecutions": 1_000_000}
    return {**seed, "changes": {"pace": {"reads": 0}}, "traffic": {"latencyMilliseconds": 0, **traffic}}


def function_name(number: int) -> str:
    return f"worker-{number:04}"


def trust_store() -> Path:
    """As many certificates as a function finds in Lambda, out of the machine's; a company's own are not counted with them."""
    places = [Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt")]
    place = next((place for place in places if place.exists()), None)
    if not place:
        sys.exit(f"this machine has no trust store where one is looked for: {', '.join(map(str, places))}")
    begin = "-----BEGIN CERTIFICATE-----"
    certificates = place.read_text().split(begin)[1:]
    roots = TARGET / "roots.pem"
    roots.write_text("".join(begin + certificate for certificate in certificates[:CERTIFICATES]))
    return roots


# Sent in turn, so that each finds the other's number and has something to change.
ENDPOINT_EVENTS = [
    json.dumps(
        {
            "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
            "input": {
                "EndpointName": "recsys",
                "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}],
            },
        }
    )
    for count in (3, 4)
]
ENDPOINT_CALLS = ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities")


@dataclass(frozen=True)
class Run:
    """One life of a function process."""

    init: dict[str, float]
    invocations: list[dict[str, float]]
    peak_rss_kib: int
    threads: int
    answer: Any
    # The most calls that awaited their answer at a time.
    width: int


class FunctionFailed(Exception):
    pass


def run(
    servers: Servers,
    function: Function,
    plane: ControlPlane,
    events: Sequence[str],
    invocations: int,
    *,
    control_group: Path | None = None,
    under: Sequence[str | Path] = (),
    seconds: int = 300,
) -> Run:
    log = TARGET / f"{function.name}.log".replace(" ", "-")
    log.unlink(missing_ok=True)
    job = {
        "command": [str(part) for part in [*under, *function.command]],
        "environment": {**LAMBDA_ENVIRONMENT, function.trust: str(plane.authority), **function.environment},
        "directory": str(TARGET),
        "log": str(log),
        "events": list(events),
        "invocations": invocations,
        "control_group": str(control_group) if control_group else None,
        "seconds": seconds,
    }
    plane.most_in_flight()
    done = subprocess.run([servers.runtime_api], input=json.dumps(job), capture_output=True, text=True, check=False)
    if done.returncode:
        last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-5:]) if log.exists() else ""
        raise FunctionFailed(f"{function.name}: {done.stderr.strip()}\n{last_lines}")
    measured = json.loads(done.stdout)
    answer = json.loads(measured["answer"] or "null")
    return Run(**{**measured, "answer": answer, "width": plane.most_in_flight()})


def run_and_check(servers: Servers, function: Function, plane: ControlPlane, invocations: int, **how: Any) -> Run:
    """Runs the endpoint events, and sees to it that each was read and written once."""
    # An odd number would leave the endpoint as the next run's first event wants it.
    assert invocations % 2 == 0
    plane.ask("DELETE", "transcript")
    # A target has a few events in the time that the ledger remembers, and not those of every run.
    plane.ask("PATCH", "state", {"accounts": {"123456789012": {"us-east-1": {"tables": {LEDGER: {"items": None}}}}}})
    measured = run(servers, function, plane, ENDPOINT_EVENTS, invocations, **how)
    said = [(exchange["operation"], exchange["status"]) for exchange in plane.ask("GET", "transcript")]
    calls = [call for call in said if call[0] != "UpdateItem"]
    expected = [(operation, 200) for operation in ENDPOINT_CALLS] * invocations
    if calls != expected:
        raise FunctionFailed(f"{function.name} made {len(calls)} calls instead of {len(expected)}, such as {calls[:3]}")
    return measured


@dataclass(frozen=True)
class Instructions:
    """Instructions that the whole process executed, by callgrind."""

    init: int
    first: int
    warm: int


def instructions(
    servers: Servers, function: Function, plane: ControlPlane, events: Sequence[str] = ENDPOINT_EVENTS
) -> Instructions:
    """Each count is the difference of two whole runs, of which the longer goes one step further."""
    totals = []
    for invocations in (0, 2, 12):
        profile = TARGET / f"callgrind.{invocations}.out"
        profile.unlink(missing_ok=True)
        under = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={profile}"]
        run(servers, function, plane, events, invocations, under=under)
        totals.append(total_instructions(profile))
    init, two, twelve = totals
    warm = (twelve - two) // 10
    return Instructions(init, two - init - warm, warm)


def instructions_of(command: Sequence[str | Path], given: bytes) -> int:
    """Instructions of a program that reads what it is given, and ends by itself."""
    profile = TARGET / "callgrind.out"
    profile.unlink(missing_ok=True)
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={profile}"]
    subprocess.run([*valgrind, *command], input=given, capture_output=True, check=True)
    return total_instructions(profile)


def total_instructions(profile: Path) -> int:
    for line in profile.read_text(errors="replace").splitlines():
        if line.startswith(("summary:", "totals:")):
            return int(line.split()[1])
    raise FunctionFailed(f"{profile} has no total")


@contextmanager
def cpu_share(quota_us: int) -> Iterator[Path | None]:
    """A new control group whose processes get `quota_us` of CPU in each 100 ms; `None` where none can be made.

    What they get they get at once, whatever else the machine does: the share is the limit, not a competition.
    """
    made = version_2(quota_us) or version_1(quota_us)
    try:
        yield made / "cgroup.procs" if made else None
    finally:
        if made:
            made.rmdir()


def version_2(quota_us: int) -> Path | None:
    root = Path("/sys/fs/cgroup")
    try:
        controllers = (root / "cgroup.controllers").read_text().split()
        if "cpu" not in controllers:
            return None
        (root / "cgroup.subtree_control").write_text("+cpu")
        return control_group(root, {"cpu.max": f"{quota_us} 100000", "cpu.weight": "10000"})
    except OSError:
        return None


def version_1(quota_us: int) -> Path | None:
    try:
        settings = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": str(quota_us), "cpu.shares": "262144"}
        return control_group(Path("/sys/fs/cgroup/cpu"), settings)
    except OSError:
        return None


def control_group(root: Path, settings: dict[str, str]) -> Path:
    group = root / f"setpoint-{os.getpid()}"
    group.mkdir()
    try:
        for name, value in settings.items():
            (group / name).write_text(value)
    except OSError:
        group.rmdir()
        raise
    return group
