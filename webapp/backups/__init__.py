"""Backups: consistent copies of the database, encrypted, verified and rotated, in a folder or an S3 store."""
