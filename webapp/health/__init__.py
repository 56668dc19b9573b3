"""Health checks, metrics and alarms."""
