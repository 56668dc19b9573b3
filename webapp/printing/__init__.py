"""Invoices, packing slips, credit memos and pick lists as PDF. `renderer` has the functions to call."""
