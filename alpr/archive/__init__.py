"""``alpr_api read``: reads an archive of images without a server."""
