"""What every request passes through: access, admission, recognition, its log and its metrics."""
