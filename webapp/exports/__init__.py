"""Lists that leave the house as files: one line for each row of a grid, as CSV or as a workbook."""
