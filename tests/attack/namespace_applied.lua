-- Applies a role of the whole cluster.
-- allow: k8s * * in dev
-- says: not permitted; to permit it, add this line to `allow`: "k8s apply clusterrolebindings/x"
k8s.apply { apiVersion = "rbac.authorization.k8s.io/v1", kind = "ClusterRoleBinding",
    metadata = { name = "x", namespace = "dev" }, roleRef = { kind = "ClusterRole", name = "cluster-admin" } }
