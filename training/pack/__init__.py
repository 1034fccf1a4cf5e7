"""All that reader and detector learn from, in a few files small enough to carry to a GPU.

`training.pack.write` makes them from photos, real crops and rendered plates; `training.device`
trains on them. See `make -C training pack` and `make -C training gpu`.
"""
