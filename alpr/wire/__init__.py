"""What clients send and how they are answered; nothing else knows a client's JSON."""
