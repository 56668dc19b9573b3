"""Export of lists as CSV or XLSX files, one line for each row of a grid."""
