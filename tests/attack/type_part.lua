-- Reads a log, which is denied, as a part of the pod.
-- deny: k8s logs pods
-- says: it is denied by --deny "k8s logs pods"
k8s.get("pod/x", { subresource = "log" })
