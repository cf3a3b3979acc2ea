"""Mixed calls through rudder-sdk-python: send_with_rudder.py HOST KEY COUNT."""

import sys

from rudderstack.analytics import Client

host, key, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = Client(key, host=host, upload_size=10, upload_interval=0.05)
for n in range(count):
    who = f"person-{n % 20}"
    match n % 6:
        case 0:
            client.identify(who, {"n": n, "email": f"p{n % 20}@example.com", "firstName": "Łucja İpek 🍵"})
        case 1:
            client.track(who, "Cup Drunk", {"n": n})
        case 2:
            client.page(who, "Teas", "Home", {"n": n})
        case 3:
            client.screen(who, "Teas", "Home", {"n": n})
        case 4:
            client.group(who, "tea-club", {"n": n})
        case 5:
            client.alias(f"was-{n}", who)
client.shutdown()
