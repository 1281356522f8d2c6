-- The cases of test_certmanager.lua: what cert-manager wrote into its objects, and the cause that follows.
-- The world makes the objects, a namespace for each. Fields, all but the first two optional:
--   [1], want  the case, and words of the cause; waits: true where time mends it; says: words of a finding
--   ready      { status, reason, message, observed = generation } of the Certificate; status: more of its status
--   issuer     { kind, spec, ready = { status, reason, message } }, or false for none
--   request    { reason, message } of its Ready condition, with approved = false, denied = message; or false
--   order      { state, reason }, with event = a warning; challenges: a list of { type, state, reason, ... }
local cases = {}

local function add(case) cases[#cases + 1] = case end

local function challenge(kind, reason, want, more)
    local case = { kind .. ": " .. reason, want = want, challenges = { { type = kind, reason = reason } } }
    for name, value in pairs(more or {}) do case[name] = value end
    add(case)
end
local HTTP, DNS = "Waiting for HTTP-01 challenge propagation: ", "Waiting for DNS-01 challenge propagation: "
local function http01(reason, want) challenge("HTTP-01", HTTP .. reason, want) end
local function dns01(reason, want) challenge("DNS-01", DNS .. reason, want) end
local GET = "failed to perform self check GET request 'http://shop.test/.well-known/acme-challenge/tok': "
    .. 'Get "http://shop.test/.well-known/acme-challenge/tok": '

-- --- the check of an HTTP-01 challenge
http01("wrong status code '404', expected '200'", "the path /.well-known/acme-challenge/ of the host is not "
    .. "routed")
http01("wrong status code '401', expected '200'", "wants a password or refuses")
http01("wrong status code '403', expected '200'", "wants a password or refuses")
http01("wrong status code '503', expected '200'", "reaches no solver for shop.test (503)")
http01("wrong status code '418', expected '200'", "answers 418 instead of 200")
http01("did not get expected response when querying endpoint, expected \"tok.key\" but got: <html> (truncated)",
    "another web server answers for the host")
http01("presented key (x) did not match expected (tok.key)", "another challenge's key")
http01("unable to read body", "the answer broke off")
http01("failed to get response body 'x': unexpected end", "the answer broke off")
http01(GET .. "stopped after 10 redirects", "redirected in a circle")
http01(GET .. "dial tcp: lookup shop.test on 10.96.0.10:53: no such host", "does not resolve inside the cluster")
http01(GET .. "dial tcp: lookup shop.test on 10.96.0.10:53: server misbehaving",
    "the cluster's DNS fails for shop.test")
http01(GET .. "dial tcp: lookup shop.test on 10.96.0.10:53: read udp 10.0.0.1:1->10.96.0.10:53: i/o timeout",
    "the cluster's DNS does not answer")
http01(GET .. "dial tcp [2001:db8::1]:80: connect: network is unreachable",
    "has an IPv6 address, and the cluster has no")
http01("failed to perform self check GET request 'http://shop.test/x': Get \"https://shop.test/x\": read tcp "
    .. "10.0.0.1:1->192.0.2.1:443: read: connection reset by peer", "port 80 redirects to https")
http01(GET .. "dial tcp 192.0.2.1:80: connect: connection refused", "nothing listens on port 80")
http01(GET .. "dial tcp 192.0.2.1:80: connect: no route to host", "no route to the address")
http01(GET .. "read tcp 10.0.0.1:1->192.0.2.1:80: read: connection reset by peer", "is reset")
http01(GET .. "EOF", "closed without an answer")
http01(GET .. "dial tcp 192.0.2.1:80: i/o timeout", "cannot be reached from the cluster")
http01(GET .. "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    "cannot be reached from the")
http01(GET .. "something new", "cannot reach the host on port 80")

-- --- what keeps the solver from running
challenge("HTTP-01", 'pods "cm-acme-http-solver-x" is forbidden: exceeded quota: q, requested: pods=1',
    "resource quota of")
challenge("HTTP-01", 'admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host '
    .. '"shop.test" and '
    .. 'path "/.well-known/acme-challenge/tok" is already defined in ingress shop/old-solver',
        "shop/old-solver has the same host")
challenge("HTTP-01", 'admission webhook "policy.test" denied the request: no', "webhook policy.test refuses")
challenge("HTTP-01", 'pods "cm-acme-http-solver-x" is forbidden: violates PodSecurity "restricted:latest"',
    "the pod security of")
challenge("HTTP-01", 'ingresses.networking.k8s.io is forbidden: User "x" cannot create resource',
    "may not create the solver's")
challenge("HTTP-01", "Challenge propagated using HTTP-01 challenge mechanism", "the CA has been asked",
    { waits = true })
challenge("HTTP-01", "Waiting until 2030-01-01 before accepting challenge, to allow time",
    "gives the challenge time",
    { waits = true })
add { "the solver's pod waits for its image", want = "the solver's pod does not run: pod/cm-acme-http-solver-p, "
    .. "ImagePullBackOff",
    challenges = { { type = "HTTP-01", reason = HTTP .. "wrong status code '503', expected '200'" } },
    pod = { phase = "Pending", waiting = "ImagePullBackOff" } }

-- --- the check of a DNS-01 challenge, and the provider's answers
dns01('DNS record for "shop.test" not yet propagated', "the TXT record _acme-challenge.shop.test is not there "
    .. "yet")
dns01("NS ns1.shop.test.:53 returned SERVFAIL for _acme-challenge.shop.test.",
    "ns1.shop.test.:53 answers SERVFAIL")
dns01("NS ns1.shop.test.:53 returned REFUSED for _acme-challenge.shop.test.", "ns1.shop.test.:53 refuses")
dns01("NS ns1.shop.test.:53 returned NOTIMP for _acme-challenge.shop.test.", "ns1.shop.test.:53 answers NOTIMP")
dns01('Found recursive CNAME record to "a.test." when looking up "b.test."', "go round in a circle")
dns01("When querying the SOA record for the domain 'test.' using nameservers [1.1.1.1:53], rcode was expected to "
    .. "be 'NOERROR' or 'NXDOMAIN', but got 'SERVFAIL'", "answers SERVFAIL where cert-manager looks for the zone")
dns01("Could not find the SOA record in the DNS tree for the domain '_acme-challenge.shop.test.' using "
    .. "nameservers [x]",
    "cannot find the zone")
dns01("Could not find the start of authority", "cannot find the zone")
dns01('Could not determine authoritative nameservers for "_acme-challenge.shop.test."', "or its name servers")
dns01("dial tcp: lookup ns1.shop.test. on 10.96.0.10:53: no such host",
    "cannot resolve a name server of the zone")
dns01("read udp 10.0.0.1:1->192.0.2.1:53: i/o timeout", "cannot reach a name server of the zone on port 53")
dns01("read udp 10.0.0.1:1->192.0.2.1:53: read: connection refused", "does not answer on port 53")
for _, row in ipairs {
    { "failed to change Route 53 record set: AccessDenied: User: arn is not authorized",
        "refuses the credentials" },
    { "googleapi: Error 403: Forbidden, forbidden", "refuses the credentials" },
    { "GET /v2/domains: 401 Unauthorized", "refuses the credentials" },
    { "unable to assume role: InvalidClientTokenId: The security token is invalid",
        "does not know the credentials" },
    { "SignatureDoesNotMatch: The request signature", "secret key is wrong" },
    { "ExpiredToken: The security token included in the request is expired", "credentials have run out" },
    { "while attempting to find Zones for domain: Invalid request headers (6003)", "token is malformed" },
    { "Cloudflare API Error for GET: 10000: Authentication error", "refuses the credentials" },
    { "oauth2: cannot fetch token: 400 invalid_grant", "not valid any more" },
    { "adal: Refresh request failed: AADSTS700016", "Azure refuses the identity" },
    { "NoCredentialProviders: no valid providers in chain", "credentials are missing or wrong" },
    { "error getting clouddns service account: secret \"clouddns\" not found", "the Secret clouddns with" },
    { "error getting cloudflare token: no data for key \"token\" in secret", "lacks the key" },
    { "key \"key.json\" not found in secret data", "lacks the key" },
    { "failed to determine Route 53 hosted zone ID: zone not found for shop.test",
        "no zone that shop.test is in" },
    { "Found no Zones for domain _acme-challenge.shop.test. (neither in the sub-domain noted)",
        "no zone that shop.test is in" },
    { "Zone shop.test not found in AzureDNS", "no zone that shop.test is in" },
    { "No matching GoogleCloud domain found for domain shop.test.", "no zone that shop.test is in" },
    { "Throttling: Rate exceeded", "rate limit is reached" },
    { "googleapi: Error 403: Quota exceeded, rateLimitExceeded", "rate limit is reached" },
    { "the server could not find the requested resource (post acme.shop.test)",
        "webhook of the dns01 solver is not installed" },
    { "the server is currently unable to handle the request", "webhook of the dns01 solver does not answer" },
    { "Internal error occurred: failed calling webhook \"x\"", "webhook of the dns01 solver does not answer" },
} do challenge("DNS-01", row[1], row[2]) end
challenge("DNS-01", "Challenge propagated using DNS-01 challenge mechanism", "the CA has been asked",
    { waits = true })

-- --- what the CA answered
local URN = "acme: authorization error for shop.test: 400 urn:ietf:params:acme:error:"
local function refused(text, want, more)
    challenge("HTTP-01", "Error accepting authorization: " .. URN .. text, want, more)
    cases[#cases].challenges[1].state = "invalid"
    cases[#cases].order = { "invalid" }
    cases[#cases].request = { "Failed", 'Failed to wait for order resource "o" to become ready: order is in '
        .. '"invalid" state: ' }
end
refused("caa: CAA record for shop.test prevents issuance", "a CAA record of shop.test")
refused("dns: DNS problem: SERVFAIL looking up CAA for shop.test", "could not look up the CAA records")
refused("dns: DNS problem: NXDOMAIN looking up A for shop.test", "does not exist in the public DNS")
refused("dns: DNS problem: SERVFAIL looking up A for shop.test", "got SERVFAIL from the name servers")
refused("dns: no valid A records found for shop.test; no valid AAAA records", "neither an A nor an AAAA record")
refused("dns: DNS problem: query timed out looking up A for shop.test", "could not look shop.test up")
refused("connection: Fetching http://shop.test/x: Invalid port in redirect target. Only ports 80 and 443 are "
    .. "supported",
    "redirected to a port that a public CA")
refused("connection: 192.0.2.1: Fetching http://shop.test/x: Timeout during connect (likely firewall problem)",
    "something drops its packets")
refused("connection: Fetching http://shop.test/x: Connection refused", "nothing listens on port 80")
refused("connection: Fetching http://shop.test/x: Error getting validation data", "could not fetch the challenge")
refused('unauthorized: Incorrect TXT record "x" found at _acme-challenge.shop.test', "no or another TXT record")
refused("unauthorized: 192.0.2.1: Invalid response from http://shop.test/x: 404", "found nothing (404)")
refused("unauthorized: Invalid response from https://shop.test/: \"<html>\"",
    "got another answer than the challenge's")
refused("incorrectResponse: wrong key", "got another answer than the challenge's")
refused("tls: remote error: tls: handshake failure", "a TLS error")
challenge("HTTP-01", "CAA self-check failed: CAA record does not match issuer", "do not allow this CA")
challenge("HTTP-01", "unexpected non-ACME API error: invalid character '<'", "did not answer as one")
challenge("HTTP-01", "Error accepting challenge: 400 something", "did not take the challenge up")

local function order(state, reason, want, more)
    local case = { ("order %s: %s"):format(state, reason), want = want, order = { state, reason } }
    if state == "errored" or state == "invalid" or state == "expired" then
        case.request = { "Failed", ('Failed to wait for order resource "o" to become ready: order is in "%s" '
            .. 'state: %s')
            :format(state, reason) }
    end
    for name, value in pairs(more or {}) do case[name] = value end
    add(case)
end
local CREATE = "Failed to create Order: 429 urn:ietf:params:acme:error:"
order("errored", CREATE .. "rateLimited: too many certificates (5) already issued for this exact set of "
    .. "identifiers",
    "issued the same names too often")
order("errored", CREATE .. "rateLimited: too many failed authorizations (5) for shop.test",
    "too many failed attempts")
order("errored", CREATE .. "rateLimited: too many new orders recently", "rate limit is reached")
order("errored", CREATE .. "rejectedIdentifier: Domain name does not end with a valid public suffix",
    "does not issue for one")
order("errored", CREATE .. "unsupportedIdentifier: NewOrder request included invalid non-DNS type identifier",
    "kind of name")
order("errored", CREATE .. "accountDoesNotExist: Account not found", "does not know the ACME account")
order("errored", CREATE .. "externalAccountRequired: no", "external account binding")
order("errored", CREATE .. "userActionRequired: agree", "terms of service")
order("errored", CREATE .. "badPublicKey: no", "this kind of key")
order("errored", CREATE .. "badSignatureAlgorithm: no", "signature of the account's key")
order("errored", CREATE .. "badNonce: JWS has an invalid anti-replay nonce", "did not take a request twice",
    { waits = true })
order("errored", CREATE .. "serverInternal: down", "trouble of its own", { waits = true })
order("errored", CREATE .. "compound: several", "refuses several of the names")
order("errored", CREATE .. "malformed: no", "could not make sense of")
order("errored", "Failed to finalize Order: 403 urn:ietf:params:acme:error:badCSR: weak key",
    "its key is too weak")
order("errored", "Failed to finalize Order: 403 urn:ietf:params:acme:error:orderNotReady: pending",
    "not finished checking",
    { waits = true })
order("errored", "Failed to create Order: 400 : bad", "did not take the order")
order("errored", "Failed to finalize Order: 500 : bad", "did not sign, although")
order("errored", "Failed to retrieve Order resource: 404 : no", "does not know the order any more")
order("errored", "Failed to fetch authorization: 404 : no", "does not know the order's authorizations")
order("errored", "", "the CA refused the order")
order("expired", "", "ran out before its challenges were met")
order("invalid", "", "found a challenge not met")
order("ready", "", "every challenge is met", { waits = true })
order("processing", "", "the CA is signing", { waits = true })
order("pending", "", "the order waits for its challenges", { waits = true })
order("", "", "has not sent the order to the CA yet", { waits = true })
order("valid", "", "the CA has signed", { waits = true })
add { "no solver fits", want = "none of the solvers of clusterissuer/ca is meant for shop.test",
    order = { "pending",
    event = "Failed to determine a valid solver configuration for the set of domains on the Order: no configured "
        .. "challenge solvers can be used for this challenge" } }

-- --- queued, several, and without a reason
add { "queued", want = "is queued", waits = true, says = "%(HTTP%-01 for shop.test%) is queued",
    challenges = { { type = "HTTP-01", state = "", processing = false, presented = false } } }
add { "one fails, another is queued", want = "answers 418", challenges = {
    { type = "HTTP-01", state = "", processing = false, presented = false },
    { type = "HTTP-01", reason = HTTP .. "wrong status code '418', expected '200'" }, { type = "HTTP-01",
        state = "valid" } } }
add { "no reason, but an event", want = "the Secret route53 with", challenges = { { type = "DNS-01",
    presented = false,
    event = 'Error presenting challenge: secret "route53" not found' } } }
add { "no reason at all", want = "is pending, and nothing says why", challenges = { { type = "DNS-01",
    presented = false } } }
for _, state in ipairs { "expired", "errored", "invalid" } do
    add { "a challenge that is " .. state, want = "the challenge for shop.test is " .. state
        .. ", and nothing says why", order = { "invalid" }, challenges = { { type = "HTTP-01", state = state } },
        request = { "Failed", 'Failed to wait for order resource "o" to become ready: order is in "invalid" state: ' } }
end
add { "an unknown reason is the cause itself", want = "quite unheard of", challenges = { { type = "DNS-01",
    reason = "quite unheard of" } } }

-- --- requests, and issuers that are not ACME
local function request(reason, message, want, more)
    local case = { ("request %s: %s"):format(reason, message), want = want, request = { reason, message } }
    for name, value in pairs(more or {}) do case[name] = value end
    add(case)
end
local CA = { "Issuer", { ca = { secretName = "ca" } } }
request("Denied", "The CertificateRequest was denied by an approval controller",
    "an approver denied the request: not allowed",
    { denied = "not allowed" })
add { "not approved", want = "nobody has approved the request", request = { approved = false } }
add { "approved, and nobody took it up", want = "nothing has taken up the request", request = {} }
request("Pending", 'Referenced "ClusterIssuer" not found: clusterissuer.cert-manager.io "ca" not found',
    "clusterissuer/ca does not exist", { issuer = false })
request("Pending", "Referenced issuer does not have a Ready status condition",
    "the Secret with the key of the CA",
    { issuer = { "Issuer", CA[2], ready = { "False", "ErrGetKeyPair",
        'Error getting keypair for CA issuer: secrets "ca" not found' } } })
request("Pending", "Missing issuer type", "says of no kind what it is")
request("Failed", "The CSR PEM requests a commonName that is not present in the list of dnsNames or ipAddresses.",
    "spec.commonName is not among")
request("Pending", "Referenced secret cert-manager/ca not found: secret \"ca\" not found",
    "the Secret cert-manager/ca", { issuer = CA })
request("Pending", "Failed to parse signing CA keypair from secret cert-manager/ca: x", "holds no usable CA",
    { issuer = CA })
local SELF = { "Issuer", { selfSigned = {} } }
request("Failed", 'Annotation "cert-manager.io/private-key-secret-name" missing or reference empty',
    "names no private key", { issuer = SELF })
request("Pending", "Failed to get key \"x\" referenced in annotation \"y\"", "cannot be read", { issuer = SELF })
local VAULT = { "Issuer", { vault = { server = "https://vault.test" } } }
request("Pending", "Failed to initialise vault client for signing: x", "cannot log in to Vault",
    { issuer = VAULT })
request("Failed", "Vault failed to sign certificate: Error making API request. Code: 403. Errors: * permission "
    .. "denied",
    "does not let issuer/ca sign", { issuer = VAULT })
request("Failed", "Vault failed to sign certificate: * common name shop.test not allowed by this role",
    "does not allow what", { issuer = VAULT })
request("Failed", "Vault failed to sign certificate: sealed", "Vault did not sign", { issuer = VAULT })
local VENAFI = { "Issuer", { venafi = { zone = "z" } } }
request("Pending", "Venafi certificate is requested", "has not signed it yet", { issuer = VENAFI, waits = true })
request("Pending", "Venafi certificate still in a pending state, waiting: x", "has not signed it yet",
    { issuer = VENAFI, waits = true })
request("Failed", "Failed to request venafi certificate: policy", "did not take the request", { issuer = VENAFI })
request("Failed", "a kind of failure that is new", "a kind of failure that is new", { issuer = { "AWSPCAIssuer",
    {}, group = "awspca.test" } })
add { "an invalid request", want = "the request asks for what cannot be", request = { "Failed", "x",
    invalid = "bad" } }

local function issuer(reason, message, want)
    add { ("issuer %s: %s"):format(reason, message), want = want, issuer = { "Issuer", { acme = {} },
        ready = { "False", reason, message } },
        request = { "Pending", "Referenced issuer does not have a Ready status condition" } }
end
local REGISTER = "Failed to register ACME account: "
issuer("ErrRegisterACMEAccount", REGISTER .. "400 urn:ietf:params:acme:error:externalAccountRequired: no",
    "external account binding")
issuer("ErrRegisterACMEAccount", REGISTER .. "400 urn:ietf:params:acme:error:accountDoesNotExist: no",
    "does not know its ACME account")
issuer("ErrRegisterACMEAccount", REGISTER .. "429 urn:ietf:params:acme:error:rateLimited: no",
    "limits how many accounts")
issuer("ErrRegisterACMEAccount", REGISTER .. "400 urn:ietf:params:acme:error:invalidContact: no",
    "does not take the e-mail address")
issuer("ErrRegisterACMEAccount", REGISTER .. "403 urn:ietf:params:acme:error:userActionRequired: no",
    "terms of service")
issuer("ErrRegisterACMEAccount", REGISTER .. "Get \"https://ca.test\": x509: certificate signed by unknown "
    .. "authority", "does not trust the ACME server")
issuer("ErrRegisterACMEAccount", REGISTER .. "dial tcp: lookup ca.test: no such host",
    "cannot resolve the ACME server")
issuer("ErrRegisterACMEAccount", REGISTER .. "dial tcp 192.0.2.1:443: Timeout", "cannot reach the ACME server")
issuer("ErrRegisterACMEAccount", REGISTER .. "else", "could not register an account")
issuer("ErrVerifyACMEAccount", "Failed to verify ACME account: x", "could not check its account")
issuer("ErrUpdateACMEAccount", "Failed to update ACME account: x", "could not update its account")
issuer("InvalidConfig", "Resource validation failed: x", "the settings of issuer/ca are wrong")
issuer("ErrInvalidKeyPair", "Invalid signing key pair: x", "holds no CA certificate with its key")
issuer("VaultError", "Failed to verify: permission denied", "Vault refuses the credentials")
issuer("VaultError", "Failed to initialize Vault client: x", "cannot use Vault")
issuer("ErrInitIssuer", "Error initializing issuer: x", "could not set issuer/ca up")
issuer("Novel", "what it says", "is not ready (Novel): what it says")
add { "an issuer that nobody looked at", want = "nothing has looked at issuer/ca yet", issuer = { "Issuer",
    { acme = {} }, ready = false },
    request = false }

-- --- the Certificate's own reasons, where no request is under way
local function reason(name, message, want, more)
    local case = { ("%s: %s"):format(name, message), want = want, request = false, ready = { "False", name,
        message } }
    for key, value in pairs(more or {}) do case[key] = value end
    add(case)
end
local ISSUING = "Issuing certificate as Secret "
reason("DoesNotExist", ISSUING .. "does not exist", "secret/shop-tls does not exist yet")
reason("MissingData", ISSUING .. "does not contain any data", "lacks the private key or the certificate")
reason("MissingData", ISSUING .. "does not contain a private key", "lacks the private key or the certificate")
reason("InvalidKeyPair", ISSUING .. "contains a private key that does not match the certificate",
    "does not fit its certificate")
reason("InvalidKeyPair", ISSUING .. "contains invalid private key data: x", "cannot be read")
reason("InvalidCertificate", ISSUING .. "contains an invalid certificate: x", "is no certificate")
reason("InvalidCertificateRequest", "Failed to decode current CertificateRequest: x", "cannot be read any more")
reason("SecretMismatch", "Existing private key is not up to date for spec: [spec.privateKey.algorithm]",
    "of another kind than")
reason("SecretMismatch", "Secret contains a private key that does not match the current CertificateRequest",
    "another private key")
reason("SecretMismatch", "Issuing certificate as Existing issued Secret is not up to date for spec: "
    .. "[spec.dnsNames]", "not what the Certificate asks")
reason("SecretMismatch", "JKS Keystore key does not contain data", "the keystore in secret/shop-tls")
reason("IncorrectIssuer", 'Issuing certificate as Secret was previously issued by "Issuer.cert-manager.io/old"',
    "by Issuer.cert-manager.io/old and not by")
reason("IncorrectIssuer", "x", "was issued by another issuer")
reason("IncorrectCertificate", 'Secret was issued for "other". If this message is not transient, you might have '
    .. 'two conflicting Certificates '
    .. "pointing to the same secret.", "belongs to certificate/other")
reason("IncorrectCertificate", "x", "belongs to another Certificate")
reason("RequestChanged", "Fields on existing CertificateRequest resource not up to date: [spec.dnsNames]",
    "was changed since", { waits = true })
reason("Renewing", "Renewing certificate as renewal was scheduled at 2026-01-01 00:00:00 +0000 UTC",
    "it is being renewed", { waits = true })
reason("Expired", "Certificate expired on Mon, 01 Jan 2024 00:00:00 UTC", "it ran out and was not renewed")
reason("WindowError", "Renewing certificate not possible due to window error x", "does not fit its duration")
reason("SecretTemplateMismatch", "Certificate's SecretTemplate Labels missing or incorrect value on Secret",
    "spec.secretTemplate", { waits = true })
reason("ManuallyTriggered", "Certificate re-issuance manually triggered", "somebody asked for it",
    { waits = true })
reason("Novel", "what it says", "Novel: what it says")
add { "no condition at all", want = "has not looked at the Certificate yet", ready = {}, request = false }
add { "no issuer", want = "issuer/ca does not exist", request = false, issuer = false, ready = { "False",
    "DoesNotExist", ISSUING .. "does not exist" },
    kind = "Issuer" }

add { "changed since it was Ready", want = "was changed, and cert-manager has not looked", waits = true, request = false,
    ready = { "True", "Ready", "Certificate is up to date and has not expired", observed = 0 } }

-- --- back-off and revisions
add { "backs off", want = "nothing listens on port 80", next_attempt = 4 * 3600 - 600, waits = false,
    says = "issuing has failed 3 times: cert%-manager tries again at 20%d%d%-.*, in 3h 50m; `cmctl renew shop "
        .. "%-n [%w-]+`",
    status = { failedIssuanceAttempts = 3, failed_ago = 600 }, request = false, issuing = { "False", "Failed",
        "The certificate request has failed to complete and will be retried: " .. URN
            .. "connection: Connection refused" } }
add { "backs off for 32 hours at most", want = "it ran out", next_attempt = 32 * 3600 - 60, request = false,
    status = { failedIssuanceAttempts = 40, failed_ago = 60 }, ready = { "False", "Expired",
        "Certificate expired on x" } }
add { "an old kind of failure, without a count", want = "it ran out", next_attempt = 3600 - 60, request = false,
    status = { failed_ago = 60 }, ready = { "False", "Expired", "Certificate expired on x" } }
add { "the request of another revision is not its", want = "secret/shop%-tls does not exist yet", pattern = true,
    request = { "Failed", "of the past", revision = 7 }, says = "no CertificateRequest for revision 1" }
add { "the revision after the present one", want = "nobody has approved", status = { revision = 6 },
    request = { approved = false, revision = 7 },
    ready = { "False", "Renewing", "Renewing certificate as renewal was scheduled at x" } }
add { "Ready, and no Secret", want = "secret/shop-tls, which is to hold the certificate, does not exist",
    status = { revision = 3 }, request = { "Issued", "fetched",
    revision = 3 },
    ready = { "True", "Ready", "Certificate is up to date and has not expired" } }
add { "Ready, but the renewal fails", want = "it is Ready, but its renewal fails: the CA's rate limit is "
    .. "reached", next_attempt = 3600 - 60,
    status = { revision = 3, failedIssuanceAttempts = 1, failed_ago = 60 }, order = { "errored", CREATE
        .. "rateLimited: x" },
    request = { "Failed", 'Failed to wait for order resource "o" to become ready: order is in "errored" state',
        revision = 4 },
    ready = { "True", "Ready", "Certificate is up to date and has not expired" } }
local OVERDUE = { revision = 3, renewalTime = "2026-01-01T00:00:00Z" }
add { "Ready, its renewal long overdue", want = "it is Ready, but its renewal is overdue for ", status = OVERDUE,
    request = { "Pending", "Waiting", revision = 4 }, issuing = { "True", "Renewing", "Renewal was scheduled" },
    challenges = { { type = "HTTP-01", state = "expired", reason = "authorization expired" } },
    says = "its renewal is due since 2026%-01%-01T00:00:00Z",
    ready = { "True", "Ready", "Certificate is up to date and has not expired" } }
add { "Ready, its renewal long overdue, and nothing done", want = "it is Ready, but its renewal is overdue for ",
    status = OVERDUE, request = false, ready = { "True", "Ready", "Certificate is up to date and has not expired" } }
add { "what may not be read is said", want = "the path /.well-known", hidden = { secrets = true,
    clusterissuers = true, pods = true },
    says = "secret/shop%-tls could not be read: .*403", challenges = { { type = "HTTP-01", reason = HTTP
        .. "wrong status code '404', expected '200'" } } }
add { "orders may not be read", want = "the CA's order is under way", waits = true, hidden = { orders = true },
    says = "orders could not be read",
    challenges = { { type = "HTTP-01", reason = "x" } } }

return cases
