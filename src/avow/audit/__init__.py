"""The audit log: append-only, tamper-evident, checkable offline, in the C2SP formats; it holds no personal information."""
