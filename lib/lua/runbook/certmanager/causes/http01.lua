-- What cert-manager's own check of an HTTP-01 challenge says, and what keeps its solver from running.
local ROUTE = "check that the Ingress for {host} has the right class and annotations, and that nothing redirects "
    .. "or catches /.well-known/"
local PORT = "let cert-manager's pods reach {host} on port 80"

return {
    { "wrong status code '404'", "the path /.well-known/acme-challenge/ of the host is not routed to "
        .. "cert-manager's solver", ROUTE },
    { "wrong status code '40[13]'", "something in front of cert-manager's solver wants a password or refuses the "
        .. "request", "leave /.well-known/acme-challenge/ out of authentication, allow lists and firewall rules "
        .. "of the Ingress for {host}" },
    { "wrong status code '50([234])'", "the ingress controller reaches no solver for {host} (50{1})",
        "look at the solver's pod and Service (cm-acme-http-solver-*) and at network policies" },
    { "wrong status code '(%d+)'", "the challenge's path answers {1} instead of 200", ROUTE },
    { "did not get expected response", "another web server answers for the host",
        "see that {host} leads to this cluster's ingress controller and that no older Ingress takes its path",
        weak = true },
    { "presented key .* did not match", "another challenge's key is answered",
        "remove what is left of older solvers (Ingresses named cm-acme-http-solver-*)" },
    { "unable to read body", "the answer broke off", ROUTE },
    { "failed to get response body", "the answer broke off", ROUTE },
    { "stopped after 10 redirects", "the challenge's path is redirected in a circle", ROUTE },
    { "no such host", "the host's DNS name does not resolve inside the cluster",
        "create its DNS record; when it is there, see the cluster's DNS" },
    { "server misbehaving", "the cluster's DNS fails for {host}", "look at the cluster's DNS (CoreDNS) and the "
        .. "servers it forwards to" },
    { "lookup .*i/o timeout", "the cluster's DNS does not answer", "look at the cluster's DNS (CoreDNS) and the "
        .. "servers it forwards to" },
    { "dial tcp %[.*unreachable", "{host} has an IPv6 address, and the cluster has no IPv6",
        "remove the AAAA record, or give the cluster IPv6" },
    { "Get \"https://", "port 80 redirects to https, where nothing answers as long as there is no certificate",
        "turn the forced redirect to https off for /.well-known/acme-challenge/ of {host}" },
    { "connection refused", "nothing listens on port 80 of the address that the host resolves to",
        "see that {host} resolves to the ingress controller's address and that it listens on port 80" },
    { "no route to host", "the cluster has no route to the address of {host}", PORT },
    { "unreachable", "the cluster has no route to the address of {host}", PORT },
    { "connection reset", "the connection to {host} is reset: often a load balancer that speaks the proxy "
        .. "protocol, or a firewall", PORT },
    { "EOF", "the connection to {host} is closed without an answer: often a load balancer that speaks the proxy "
        .. "protocol", PORT },
    { "[Tt]imeout", "port 80 of the host cannot be reached from the cluster", PORT
        .. "; a load balancer may not lead back into the cluster it stands before (hairpin)" },
    { "deadline exceeded", "port 80 of the host cannot be reached from the cluster", PORT
        .. "; a load balancer may not lead back into the cluster it stands before (hairpin)" },
    { "failed to perform self check", "cert-manager cannot reach the host on port 80", PORT, weak = true },
    { "exceeded quota", "a resource quota of {namespace} does not let the solver's pod run",
        "raise the quota, or set small requests in the solver's podTemplate" },
    { "is already defined in ingress ([^ ]*[^ .])", "the ingress controller's webhook refuses the solver's "
        .. "Ingress: {1} has the same host and path", "remove the Ingress that is left over, or let the solver "
        .. "edit it (acme.cert-manager.io/http01-edit-in-place)" },
    { "admission webhook \"([^\"]*)\" denied", "the admission webhook {1} refuses the solver's objects",
        "let it allow cert-manager's solver in {namespace}" },
    { "violates PodSecurity", "the pod security of {namespace} refuses the solver's pod",
        "set a securityContext in the solver's podTemplate" },
    { "is forbidden", "cert-manager may not create the solver's objects in {namespace}",
        "give its service account the rights of cert-manager-controller-challenges" },
    { "solver pod (.*)", "the solver's pod does not run: {1}", "see `kubectl describe pod` for it: image, quota, "
        .. "node selector" },
    { "Challenge propagated", "the challenge is answered, and the CA has been asked to look",
        "wait, and look again", waits = true, weak = true },
    { "before accepting", "cert-manager gives the challenge time before it asks the CA to look",
        "wait, and look again", waits = true },
}
