"""The state of the simulated Amazon: orders, sellers, time, rate limits and armed faults."""
