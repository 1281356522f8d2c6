-- Signatures and verdicts of the official `stripe` npm package, version 23.1.0.
-- Made by tests/data/make_stripe_vectors.js; not to be edited by hand.
return json.decode [==[
[
 {
  "name": "as Stripe sends it",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225600,v1=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb37",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": true,
  "why": ""
 },
 {
  "name": "text beyond ASCII",
  "payload": "{\"id\":\"evt_2\",\"object\":\"event\",\"text\":\"Zürich 😀 \\\"quoted\\\" \\\\ back\"}",
  "header": "t=1767225600,v1=016825e6252ae670df6c7a9de03805f2fa83d56fdfe802699921c63d7c6de077",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": true,
  "why": ""
 },
 {
  "name": "an empty object",
  "payload": "{}",
  "header": "t=1767225600,v1=be24975c21b978a56509d77c0455e45bed11e5a9ec64dc38b28084eb32d69e1b",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": true,
  "why": ""
 },
 {
  "name": "white space is part of the body",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}\n",
  "header": "t=1767225600,v1=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb37",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "another body",
  "payload": "{\"id\":\"evt_9\",\"object\":\"event\"}",
  "header": "t=1767225600,v1=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb37",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "another secret",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225600,v1=0a849c1326c6d2428e29e6b34c31fb02e26b6fb92a642a6b56cb81c1274cb4d7",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "a rolled secret: the second v1 matches",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225600,v1=0a849c1326c6d2428e29e6b34c31fb02e26b6fb92a642a6b56cb81c1274cb4d7,v1=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb37",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": true,
  "why": ""
 },
 {
  "name": "a rolled secret: the first v1 matches",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225600,v1=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb37,v1=0a849c1326c6d2428e29e6b34c31fb02e26b6fb92a642a6b56cb81c1274cb4d7",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": true,
  "why": ""
 },
 {
  "name": "an older scheme beside v1 is ignored",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225600,v1=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb37,v0=0000000000000000000000000000000000000000000000000000000000000000",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": true,
  "why": ""
 },
 {
  "name": "only an older scheme",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225600,v0=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb37",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "no timestamp",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "v1=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb37",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "a timestamp that was not signed",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225601,v1=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb37",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "an empty header",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "a header of nonsense",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "nonsense",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "a signature cut short",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225600,v1=d2bb655d4df9ca994b44a7af3b1447edb381b431f132b95d88ab2a867ff3eb3",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "299 seconds old",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225301,v1=285156407a0aea2311cfbfa1c2eb770b8c24102365cca2a912ed6a804aff7277",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": true,
  "why": ""
 },
 {
  "name": "300 seconds old",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225300,v1=bf2e468e0af578cecf949535351adff9ebeee3b7644fdbadfc9146bdf1f4ffec",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": true,
  "why": ""
 },
 {
  "name": "301 seconds old",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767225299,v1=0dad4f1214345375e6748d11f333ced8a6960bce16c5cf731d76e473c7df11bd",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "from the future",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767229200,v1=b6736f7955969912e0d475eea4d8576ee88540fef0c1c423700117d762c3c290",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": true,
  "why": ""
 },
 {
  "name": "too old, and wrong as well",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767224601,v1=61f020e414a6c4fd877609f38fb2663aff6de4e8c9c54a3ce5d02c2a7d4ed26e",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 300,
  "accepted": false,
  "why": "StripeSignatureVerificationError"
 },
 {
  "name": "old, with a tolerance of 1000",
  "payload": "{\"id\":\"evt_1\",\"object\":\"event\"}",
  "header": "t=1767224601,v1=3783e00c491a3246e3fc2f23b9633d686d2d5ad11b94286a94e0cbfe24a2edf7",
  "secret": "whsec_vectors_secret_1",
  "now": 1767225600,
  "tolerance": 1000,
  "accepted": true,
  "why": ""
 }
]
]==]
