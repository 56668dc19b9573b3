"""Amazon's side of orders, feeds, shipments, messages and e-mails."""
