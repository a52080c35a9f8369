"""What Waymark stands on: settings, logging, the clock, PostgreSQL and Kafka; it knows none of the other packages."""
