-- What an ACME server's errors mean (RFC 8555, 6.7), wherever cert-manager passes them on. Those with a
-- telling detail come before those of the bare type.
local ERROR = "urn:ietf:params:acme:error:"
local AGAIN = "`cmctl renew {name} -n {namespace}` tries anew"
local ANEW = "then " .. AGAIN
local WAIT_LIMIT = "wait as long as the CA says, and try with its staging server meanwhile"

return {
    { ERROR .. "rateLimited.*exact set of", "the CA has issued the same names too often this week", WAIT_LIMIT
        .. "; one more or one fewer name makes it another set" },
    { ERROR .. "rateLimited.*failed authorizations", "the CA has seen too many failed attempts for the name "
        .. "within the hour", "find out first why they failed; wait an hour, " .. ANEW },
    { ERROR .. "rateLimited", "the CA's rate limit is reached", WAIT_LIMIT },
    { ERROR .. "caa", "a CAA record of {host} or of a domain above it forbids this CA to issue",
        "add a CAA record that names the CA, such as 0 issue \"letsencrypt.org\", " .. ANEW },
    { "looking up CAA", "the CA could not look up the CAA records of {host}: an authoritative name server fails",
        "have every authoritative server answer for type CAA, with no records if need be, " .. ANEW },
    { "CAA self%-check failed", "the CAA records of {host} do not allow this CA, or cannot be looked up",
        "add a CAA record that names the CA, and see that every authoritative server answers for type CAA" },
    { ERROR .. "dns.*NXDOMAIN", "the name that the CA looks up does not exist in the public DNS",
        "create the DNS record and wait until it is known everywhere, " .. ANEW },
    { ERROR .. "dns.*SERVFAIL", "the CA got SERVFAIL from the name servers of {host}",
        "mend the zone, often its DNSSEC signatures, " .. ANEW },
    { ERROR .. "dns.*no valid A", "{host} has neither an A nor an AAAA record", "create one, " .. ANEW },
    { ERROR .. "dns", "the CA could not look {host} up in the DNS", "see that every authoritative name server "
        .. "answers from everywhere, " .. ANEW, weak = true },
    { ERROR .. "connection.*Invalid port in redirect", "the challenge's path is redirected to a port that a "
        .. "public CA does not follow to: 80 and 443 only", "do not redirect /.well-known/acme-challenge/ "
        .. "elsewhere, " .. ANEW },
    { ERROR .. "connection.*[Tt]imeout", "the CA could not reach {host} on port 80: something drops its packets",
        "open port 80 to the whole internet, for IPv6 too where there is an AAAA record, " .. ANEW },
    { ERROR .. "connection.*refused", "nothing listens on port 80 of an address of {host}",
        "open port 80, for IPv6 too where there is an AAAA record, " .. ANEW },
    { ERROR .. "connection", "the CA could not fetch the challenge from {host} on port 80",
        "let the whole internet reach port 80, " .. ANEW, weak = true },
    { ERROR .. "unauthorized.*TXT record", "the CA found no or another TXT record than the challenge's",
        "wait until every authoritative server has the new record; remove old ones, " .. ANEW, weak = true },
    { ERROR .. "unauthorized.*: 404", "the CA found nothing (404) at the challenge's path: it is not routed to "
        .. "cert-manager's solver", "check the class of the Ingress for {host} and what else takes its path, "
        .. ANEW },
    { ERROR .. "unauthorized", "the CA got another answer than the challenge's from {host}",
        "see that the host's public address leads to this cluster, " .. ANEW, weak = true },
    { ERROR .. "incorrectResponse", "the CA got another answer than the challenge's from {host}",
        "see that the host's public address leads to this cluster, " .. ANEW, weak = true },
    { ERROR .. "tls", "the CA met a TLS error when it followed a redirect to https",
        "do not redirect /.well-known/acme-challenge/ to https, " .. ANEW },
    { ERROR .. "rejectedIdentifier", "the CA does not issue for one of these names",
        "see the message: public CAs issue only for public names, and some names are blocked" },
    { ERROR .. "unsupportedIdentifier", "the CA does not issue for this kind of name, such as an IP address",
        "leave it out, or use another CA" },
    { ERROR .. "accountDoesNotExist", "the CA does not know the ACME account of {issuer}",
        "delete the Secret of its spec.acme.privateKeySecretRef, and cert-manager registers anew" },
    { ERROR .. "externalAccountRequired", "the CA wants an external account binding",
        "set spec.acme.externalAccountBinding of {issuer}" },
    { ERROR .. "userActionRequired", "the CA wants its terms of service agreed to anew",
        "open the address that the message names" },
    { ERROR .. "badCSR", "the CA does not take the request: its key is too weak or its names do not fit",
        "look at spec.privateKey, spec.commonName and spec.dnsNames" },
    { ERROR .. "badPublicKey", "the CA does not take this kind of key", "look at spec.privateKey" },
    { ERROR .. "badSignatureAlgorithm", "the CA does not take the signature of the account's key",
        "let cert-manager make a new account key" },
    { ERROR .. "badNonce", "the CA did not take a request twice in a row, for its own reasons",
        "wait; cert-manager tries again by itself", waits = true },
    { ERROR .. "orderNotReady", "the CA had not finished checking the challenges",
        "wait; cert-manager tries again by itself", waits = true },
    { ERROR .. "serverInternal", "the CA has trouble of its own", "see the CA's status page, and wait",
        waits = true },
    { ERROR .. "malformed", "the CA could not make sense of what it was asked, or the order is over", AGAIN },
    { ERROR .. "compound", "the CA refuses several of the names", "see the message for each name" },
    { "unexpected non%-ACME API error", "the ACME server did not answer as one",
        "check that the cluster reaches spec.acme.server of {issuer}, and the CA's status page" },
    { "Error accepting challenge", "the CA did not take the challenge up", "see the message; " .. AGAIN },
}
