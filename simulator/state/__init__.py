"""What the simulated Amazon holds: orders, sellers, time, rate limits and armed faults."""
