"""What every request passes: access, admission, reading, its log and its metrics."""
