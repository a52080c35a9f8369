#!/usr/bin/env bash
# Write the settings from KAFKA_… variables, format the folder at the first start, and become the broker.
set -euo pipefail
settings=$(mktemp)
env | sed -nE 's/^KAFKA_([A-Z0-9_]+)=(.*)$/\1 \2/p' | while read -r name value; do
    name=${name,,}
    echo "${name//_/.}=$value"
done > "$settings"
java=(java -Xms64m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
    -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties -cp '/opt/kafka/libs/*')
"${java[@]}" kafka.tools.StorageTool format --ignore-formatted --cluster-id "$CLUSTER_ID" --config "$settings"
exec "${java[@]}" kafka.Kafka "$settings"
