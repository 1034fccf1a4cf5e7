"""The plate finder: an anchor-free one-class detector; its data, training and export."""
