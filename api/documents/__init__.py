"""Papers and labels: values in, bytes out. No tables, no requests."""
