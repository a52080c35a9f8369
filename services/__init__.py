"""The use cases, and all that is thought between Kafka and people."""
