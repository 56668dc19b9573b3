"""What Amazon does with orders, feeds, shipments, messages and e-mails."""
