"""Kafka in: takes batches of case events, reads each record into an event or a refusal, and hands them on."""
