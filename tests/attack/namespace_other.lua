-- Writes into another namespace, which the object names.
-- allow: k8s * * in dev
-- says: "k8s apply configmaps/x in prod"
k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "x", namespace = "prod" } }
