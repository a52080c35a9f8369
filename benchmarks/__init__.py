"""Measures how fast Waymark is, on a real Apache Kafka and PostgreSQL, beside the floor of the same run."""
