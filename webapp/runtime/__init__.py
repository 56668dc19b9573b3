"""How the product runs: processes, the embedded store, locks. Starts the other rooms' work, but imports it late."""
