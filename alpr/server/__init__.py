"""A process that starts, answers, drains and stops."""
