import json, sys
from jwcrypto import jwk
from passport import verify_passport
v = json.load(open(sys.argv[1]))
keys = jwk.JWKSet.from_json(json.dumps(v["jwks"]))
for c in v["cases"]:
    r = c.get("request")
    try:
        verify_passport(c["header"], keys, v["audience"], v["issuer"], request=r and (r["method"], r["path"], r.get("body", "").encode()), skew=v["clockSkewSeconds"], now=v["now"])
        outcome = "accepted"
    except Exception as e:
        outcome = "refused"
    print(json.dumps([c["name"], outcome]))
