-- settings: the names and figures of the billing sandbox. The secrets open nothing but this sandbox.
return {
    host = "billing.student-pilot.replit.app",
    namespace = "scholarlink-prod",
    certificate = "billing-student-pilot",
    stable = "billing",
    canary = "billing-canary",

    kubernetes_token = "sandbox-operator-token",
    stripe_key = "sk_test_sandbox_billing_golive",
    webhook_secret = "whsec_sandbox_billing_golive",
    webhook_events = { "checkout.session.completed", "payment_intent.succeeded" },
    stripe_secret_name = "billing-stripe", -- the Kubernetes Secret the service reads its webhook secrets from

    account = "acct_golive",
    account_token = "sandbox-account-token",
    ops_token = "sandbox-ops-token",

    requests_per_second = 400,
    sample_every = 0.25, -- seconds between two scrapes
    history = 600, -- seconds of metrics that are there when the sandbox starts
    signature_tolerance = 300, -- seconds
}
