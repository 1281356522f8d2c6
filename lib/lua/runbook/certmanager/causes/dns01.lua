-- What cert-manager's own check of a DNS-01 challenge says, and what the DNS provider's API answered.
local CHECK = "check the DNS provider's credentials that the issuer uses, that _acme-challenge.{host} is not "
    .. "delegated elsewhere, and give the TXT record time to propagate"
local CREDENTIALS = "check the Secret that the dns01 solver of {issuer} names, and what its account may do"

return {
    { "not yet propagated", "the TXT record _acme-challenge.{host} is not there yet", CHECK, weak = true },
    { "NS (%S+) returned SERVFAIL", "the authoritative name server {1} answers SERVFAIL",
        "mend the zone on {1}, or take it out of the zone's NS records" },
    { "NS (%S+) returned REFUSED", "the name server {1} refuses: it does not serve the zone that it is named "
        .. "for", "correct the zone's NS records and the delegation above it" },
    { "NS (%S+) returned (%u+)", "the name server {1} answers {2}", "mend the zone on {1}" },
    { "Found recursive CNAME", "the CNAME records of _acme-challenge.{host} go round in a circle",
        "correct them" },
    { "SOA record .* got '(%u+)'", "the cluster's DNS answers {1} where cert-manager looks for the zone",
        "see the zone's delegation, and the servers that cert-manager asks (--dns01-recursive-nameservers)" },
    { "[Cc]ould not find the start of authority", "cert-manager cannot find the zone that {host} is in",
        "see that the domain is registered and delegated, and the servers that cert-manager asks "
        .. "(--dns01-recursive-nameservers)" },
    { "Could not find the SOA record", "cert-manager cannot find the zone that {host} is in",
        "see that the domain is registered and delegated, and the servers that cert-manager asks "
        .. "(--dns01-recursive-nameservers)" },
    { "Could not determine", "cert-manager cannot find the zone that {host} is in or its name servers",
        "see that the domain is registered and delegated, and the servers that cert-manager asks "
        .. "(--dns01-recursive-nameservers)" },
    { "[Tt]hrottl", "the DNS provider's rate limit is reached", "wait; ask for fewer certificates at once",
        waits = true },
    { "[Rr]ate ?[Ll]?i?m?i?t? ?[Ee]xceeded", "the DNS provider's rate limit is reached",
        "wait; ask for fewer certificates at once", waits = true },
    { "secrets? \"?([%w./-]+)\"? not found", "the Secret {1} with the DNS provider's credentials does not exist",
        "create it; a ClusterIssuer's must be in cert-manager's own namespace" },
    { "no data for key", "the Secret with the DNS provider's credentials lacks the key that the solver names",
        CREDENTIALS },
    { "key .* not found in secret", "the Secret with the DNS provider's credentials lacks the key that the "
        .. "solver names", CREDENTIALS },
    { "hosted zone", "the DNS provider's account has no zone that {host} is in, or may not see it",
        "see that the zone is in the account, and that it may list zones; or name it in the solver "
        .. "(hostedZoneID)" },
    { "Found no Zones", "the DNS provider's account has no zone that {host} is in, or may not see it",
        "see that the zone is in the account, and that the token may read it (Zone:Read)" },
    { "[Zz]one .*not found", "the DNS provider's account has no zone that {host} is in, or may not see it",
        "see that the zone is in the account, and what the account may see" },
    { "No matching %S+ domain", "the DNS provider's account has no zone that {host} is in, or may not see it",
        "see that the zone is in the account, and what the account may see" },
    { "[Aa]ccess ?[Dd]enied", "the DNS provider refuses the credentials", CREDENTIALS },
    { "[Uu]nauthorized", "the DNS provider refuses the credentials", CREDENTIALS },
    { "[Ff]orbidden", "the DNS provider refuses the credentials", CREDENTIALS },
    { "[Ii]nvalid ?[Cc]lient ?[Tt]oken", "the DNS provider does not know the credentials", CREDENTIALS },
    { "SignatureDoesNotMatch", "the DNS provider's secret key is wrong", CREDENTIALS },
    { "[Ee]xpired ?[Tt]oken", "the DNS provider's credentials have run out", CREDENTIALS },
    { "Invalid request headers", "the DNS provider's token is malformed, such as with a line break",
        CREDENTIALS },
    { "Authentication error", "the DNS provider refuses the credentials", CREDENTIALS },
    { "invalid_grant", "the DNS provider's credentials are not valid any more", CREDENTIALS },
    { "AADSTS", "Azure refuses the identity that the solver uses", CREDENTIALS },
    { "[Cc]redential", "the DNS provider's credentials are missing or wrong", CREDENTIALS },
    { "could not find the requested resource", "the webhook of the dns01 solver is not installed, or not under "
        .. "the solver's groupName", "install the webhook, and see spec.acme.solvers[].dns01.webhook.groupName" },
    { "failed calling webhook", "the webhook of the dns01 solver does not answer", "look at its pods" },
    { "the server is currently unable to handle", "the webhook of the dns01 solver does not answer",
        "look at its pods and its APIService" },
    { "no such host", "the cluster cannot resolve a name server of the zone, or the DNS provider's API",
        "see the cluster's DNS" },
    { "i/o timeout", "the cluster cannot reach a name server of the zone on port 53",
        "let cert-manager's pods reach port 53 (UDP and TCP) of the zone's name servers, or set "
        .. "--dns01-recursive-nameservers-only" },
    { "connection refused", "a name server of the zone does not answer on port 53",
        "mend it, or take it out of the zone's NS records" },
    { "Challenge propagated", "the record is there, and the CA has been asked to look", "wait, and look again",
        waits = true, weak = true },
    { "before accepting", "cert-manager gives the challenge time before it asks the CA to look",
        "wait, and look again", waits = true },
}
