"""``alpr_api read``: the plates on an archive of snapshots, without a server."""
