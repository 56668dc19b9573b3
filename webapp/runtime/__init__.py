"""Processes, the embedded Valkey and locks. The application's modules are imported late."""
