-- Lists all namespaces at once.
-- allow: k8s * * in dev
-- says: "k8s list secrets"
k8s.list("secrets", { namespace = "dev", all_namespaces = true })
