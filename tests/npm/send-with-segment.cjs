// Mixed calls through @segment/analytics-node: node send-with-segment.cjs HOST KEY COUNT
const { Analytics } = require("@segment/analytics-node");

const [host, writeKey, count] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host, flushAt: 10, flushInterval: 50, maxRetries: 10 });
for (let n = 0; n < Number(count); n++) {
  const userId = `person-${n % 20}`;
  switch (n % 6) {
    case 0:
      analytics.identify({ userId, traits: { n, email: `p${n % 20}@example.com`, firstName: "Łucja İpek 🍵" } });
      break;
    case 1:
      analytics.track({ userId, event: "Cup Drunk", properties: { n } });
      break;
    case 2:
      analytics.page({ userId, category: "Teas", name: "Home", properties: { n } });
      break;
    case 3:
      analytics.screen({ userId, category: "Teas", name: "Home", properties: { n } });
      break;
    case 4:
      analytics.group({ userId, groupId: "tea-club", traits: { n } });
      break;
    case 5:
      analytics.alias({ userId, previousId: `was-${n}` });
      break;
  }
}
analytics.closeAndFlush({ timeout: 120_000 });
