"""The jars of Apache Kafka: pinned in infra/kafka/pom.xml, fetched once by Maven from wherever it is set up to."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from infra.embedded.process import ServerStartError

FIRST_JAVA = 17
KAFKA_FOLDER = Path(__file__).parents[2] / "kafka"
_POM = KAFKA_FOLDER / "pom.xml"
_FETCH_LIMIT_S = 600


def missing_tools() -> list[str]:
    """Return what Apache Kafka needs and this machine lacks, as sentences; none if it can be started."""
    missing = []
    java = shutil.which("java")
    if java is None:
        missing.append(f"Java {FIRST_JAVA} or later is not installed.")
    else:
        asked = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
        version = re.search(r'version "(\d+)', asked.stderr + asked.stdout)
        if version is None or int(version[1]) < FIRST_JAVA:
            missing.append(f"Java is older than {FIRST_JAVA}.")
    if shutil.which("mvn") is None:
        missing.append("Maven (mvn) is not installed.")
    return missing


def fetch_libraries(folder: Path) -> Path:
    """Return the folder of Kafka's jars under `folder`, fetched by Maven if they are not there yet.

    Processes that ask at the same time wait for one another; a fetch that was interrupted is begun anew.

    Raises:
        ServerStartError: if Java or Maven is missing, or Maven fails.
    """
    if missing := missing_tools():
        raise ServerStartError("Apache Kafka cannot be started here: " + " ".join(missing))
    folder.mkdir(parents=True, exist_ok=True)
    libraries = folder / f"libs-{hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]}"
    with (folder / "libs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libraries.is_dir():
            unfinished = folder / "libs.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            command = [
                *(shutil.which("mvn") or "mvn", "--quiet", "--batch-mode", "--file", str(_POM)),
                *("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={unfinished}"),
            ]
            done = subprocess.run(  # noqa: S603 - the command is built above, without a shell
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=_FETCH_LIMIT_S,
            )
            if done.returncode != 0:
                raise ServerStartError(f"Maven could not fetch Apache Kafka: {(done.stdout + done.stderr)[-1500:]}")
            unfinished.rename(libraries)
    return libraries
