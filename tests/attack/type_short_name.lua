-- Calls a denied type by its short name.
-- deny: k8s delete issuers
-- says: it is denied by --deny "k8s delete issuers"
k8s.delete("iss/x", { namespace = "dev" })
