import assert from "node:assert/strict";
import { test } from "node:test";
import * as pure from "../src/pure.js";

const SETTINGS = { domains: ["tea.example"], downloads: ["pdf"] };
const HERE = "https://tea.example/a?b=1#c";

test("a campaign is what the utm parameters say", () => {
  const campaign = pure.campaignOf("https://tea.example/?utm_source=ad&utm_campaign=%C4%B0lk&utm_medium=&x=1");
  assert.deepEqual(campaign, { source: "ad", name: "İlk" });
  assert.equal(pure.campaignOf(HERE), undefined);
});

test("a host is the business's own when it is one of its domains or below one", () => {
  for (const host of ["tea.example", "shop.tea.example"]) assert.ok(pure.isOwn(host, SETTINGS.domains));
  for (const host of ["mytea.example", "tea.example.evil.example", ""]) assert.ok(!pure.isOwn(host, SETTINGS.domains));
});

test("a proof is taken out of an address and nothing else is touched", () => {
  const cases = [
    ["https://t.example/?sv=x", "https://t.example/", "x"],
    ["https://t.example/?sv=x#h", "https://t.example/#h", "x"],
    ["https://t.example/?sv=x&a=%20", "https://t.example/?a=%20", "x"],
    ["https://t.example/?a=1&sv=x", "https://t.example/?a=1", "x"],
    ["https://t.example/?a=1&sv=x&b=+2", "https://t.example/?a=1&b=+2", "x"],
    ["https://t.example/?asv=x", "https://t.example/?asv=x", undefined],
    ["https://t.example/sv=x", "https://t.example/sv=x", undefined],
  ];
  for (const [address, rest, proof] of cases) assert.deepEqual(pure.withoutProof(address), [rest, proof]);
});

test("a link leads to a file, away, or to a page of the business's own", () => {
  const lead = (address, isFile) => pure.following(address, HERE, SETTINGS, isFile);
  assert.deepEqual(lead("/list.PDF?token=1"), ["File Downloaded", { url: "https://tea.example/list.PDF", file: "list.PDF" }]);
  assert.equal(lead("/list", true)[0], "File Downloaded");
  assert.deepEqual(lead("https://else.example/x?y#z"), ["Outbound Link Clicked", { url: "https://else.example/x" }]);
  assert.deepEqual(lead("tel:+90212"), ["Outbound Link Clicked", { url: "tel:+90212" }]);
  for (const own of ["/b", "https://shop.tea.example/", "javascript:void 0", "blob:https://x.example/1"])
    assert.equal(lead(own), undefined);
});

test("a place on the same page is no next page", () => {
  assert.ok(pure.isNextPage("https://tea.example/b", HERE));
  assert.ok(pure.isNextPage("https://tea.example/a?b=2", HERE));
  assert.ok(!pure.isNextPage("https://tea.example/a?b=1#d", HERE));
  assert.ok(!pure.isNextPage("https://shop.tea.example/b", HERE));
});

test("calls are taken while they fit, in bytes, and the first one always", () => {
  const calls = [{ a: "çay" }, { a: "🍵".repeat(10) }, { a: "x" }];
  assert.deepEqual(pure.fitting(calls, 1), calls.slice(0, 1));
  assert.deepEqual(pure.fitting(calls, 40), calls.slice(0, 1));
  assert.deepEqual(pure.fitting(calls, 200), calls);
});

test("attempts come further and further apart, up to five minutes, and never all at once", () => {
  assert.equal(pure.pause(1, 0), 1000);
  assert.equal(pure.pause(3, 1), 8000);
  assert.equal(pure.pause(50, 1), 300_000);
});

test("no password, card, code or hidden value is copied from a form", () => {
  const field = { type: "text", name: "note", autocomplete: "", value: "İki çay" };
  assert.ok(pure.isShareable(field));
  assert.ok(pure.isShareable({ ...field, type: "tel", value: "00905321234567" }));
  for (const secret of [
    { type: "password" },
    { type: "hidden" },
    { type: "file" },
    { name: "cardNumber" },
    { name: "user[pwd]" },
    { autocomplete: "cc-csc" },
    { autocomplete: "one-time-code" },
    { autocomplete: "section-a current-password" },
    { value: "4242 4242 4242 4242" },
    { value: "my card: 4242-4242-4242-4242" },
  ])
    assert.ok(!pure.isShareable({ ...field, ...secret }), JSON.stringify(secret));
});

test("of an address only what is asked for is taken", () => {
  assert.deepEqual(pure.parametersOf("https://t.example/?a=1&b=%C3%A7&c=", ["b", "c", "d"]), { b: "ç", c: "" });
});

test("a path is among others as the server says", () => {
  const cases = [
    ["/", "/", true],
    ["/", "/tea", false],
    ["*", "/any/where", true],
    ["/teas/*", "/teas/green/first", true],
    ["/teas/*", "/teas", false],
    ["/tea", "/tea/", true],
    ["/tea/", "/tea", true],
    ["/tea", "/Tea", false],
    ["/a.b", "/axb", false],
    ["/çay/*", "/çay/yeşil", true],
    ["*/checkout/*", "/tr/checkout/pay", true],
    ["/(a|b)", "/a", false],
  ];
  for (const [pattern, path, is] of cases) assert.equal(pure.isAmong(path, [pattern]), is, pattern + " " + path);
});
