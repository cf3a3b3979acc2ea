"""What the reference pages say beside what the models say."""

NOTICE = "<!-- Made by `samovar schema`. Change the models, not this page. -->\n"
INTRODUCTION = """What the marketer writes in `marketing/`. These pages are made from the models that validate the
files: run `samovar schema` after changing one."""
IDS = """Ids (of journeys, steps, campaigns, forms, fields, pages, pop-ups, files, surveys, topics, scores, rules,
stages, segments and templates) are for ever: people's histories point at them. An id keeps its kind, and one that was
removed is never used again; `samovar rollback` brings it back with its old meaning. What is called otherwise says what
it `was`: [releases](../releases.md#names). Titles are free. What was published is remembered in
`marketing/.samovar.json`; keep that file with the others."""
EDITORS = """Point your editor's YAML support at the schemas; in VS Code's settings, for example:

```json
"yaml.schemas": {
  "docs/reference/schemas/scoring.json": "marketing/scoring.yaml",
  "docs/reference/schemas/segments.json": "marketing/segments.yaml",
  "docs/reference/schemas/funnel.json": "marketing/funnel.yaml",
  "docs/reference/schemas/sending.json": "marketing/sending.yaml",
  "docs/reference/schemas/tracking.json": "marketing/tracking.yaml",
  "docs/reference/schemas/privacy.json": "marketing/privacy.yaml",
  "docs/reference/schemas/bots.json": "marketing/bots.yaml",
  "docs/reference/schemas/publishing.json": "marketing/publishing.yaml",
  "docs/reference/schemas/forms.json": "marketing/forms/*.yaml",
  "docs/reference/schemas/assets.json": "marketing/assets/*.yaml",
  "docs/reference/schemas/surveys.json": "marketing/surveys/*.yaml",
  "docs/reference/schemas/journeys.json": "marketing/journeys/*.yaml",
  "docs/reference/schemas/scenarios.json": "marketing/scenarios/*.yaml",
  "docs/reference/schemas/emails.json": "marketing/emails/*.yaml",
  "docs/reference/schemas/sms.json": "marketing/sms/*.yaml",
  "docs/reference/schemas/push.json": "marketing/push/*.yaml",
  "docs/reference/schemas/webhooks.json": "marketing/webhooks/*.yaml",
  "docs/reference/schemas/products.json": "marketing/products.yaml",
  "docs/reference/schemas/campaigns.json": "marketing/campaigns/*.yaml",
  "docs/reference/schemas/pages.json": "marketing/pages/*.yaml",
  "docs/reference/schemas/popups.json": "marketing/popups/*.yaml"
}
```"""
CONDITIONS = """Branches, waits, exits and segments ask in one language. A condition names its kind by one key:

```yaml
all:
  - {score: interest, at_least: 50}
  - not: {event: Order Completed, within: 30 days}
  - any: [{tag: welcomed}, {trait: language, one_of: [en, tr]}]
```

The table under each kind says its keys, and the one below that what examples ask. `where` compares properties
of an event: a value for equality, or [a comparison](#property-comparison). A dot leads into what a property or a
trait holds (`products.category`); of a list, one member that fulfils everything is enough (the first 250 are
looked at). What is missing is unknown: nothing but `known: false` is true of it. Equality minds letter case;
`contains`, `starts_with` and `ends_with` don't, in any language.

Counts within a time are exact to the second. Points, sums, and counts of more than ten go by calendar days in the
business's time zone, today among them; so do comparisons of dates. A condition that nobody can fulfil, a name that
is not defined, and definitions that need each other are refused by `samovar validate`."""
PROBLEMS = """`samovar validate` names each with file, line, column and field, says what is wrong and how to mend it.
With --json each also has a code, which stays when the words change. Warnings keep no release from being made."""
VARIABLES = """Subject, preheader and both parts are Jinja2 templates. A trait may be unknown: give it a default under
`variables:`, or where it stands, as in `{{ contact.first_name | default("there") }}`; or say that it is required.
Marketing mail must carry `unsubscribe_url` and `business.address`; the base layout does."""
MJML = """Shared pieces stand in `emails/parts/NAME.mjml` and are taken in with
`<mj-include path="parts/NAME.mjml" />`. Elements:"""
SPELLED = {
    "contact": "contact.TRAIT",
    "block": 'block["ID"]',
    "asset_url": 'asset_url("ID")',
    "survey": 'survey("ID")',
    "page_url": 'page_url("ID")',
}
FILTERS = """`day` and `moment` write a date or a time, `number` a number, `money` an amount (`| money("EUR")`; of a
product's price also without the currency), each in the language of the e-mail and the contact's time zone. `upper`,
`lower`, `capitalize` and `title` know Turkish. `products | tagged("green") | first(3)` chooses from a list. Jinja2's
own filters are there too."""
MEANINGS = {
    "contact.TRAIT": "A trait of the person, such as `contact.first_name`",
    "business.name": "Name of the business in sending.yaml",
    "business.address": "Its postal address",
    "business.site": "Its web site; links below it are counted",
    "topic.title": "Title of the topic that the message belongs to",
    "topic.transactional": "Whether it is about something they did, and needs no way to unsubscribe",
    'block["ID"]': "Whether this person gets a block that the YAML defines",
    "products": "What products.yaml lists: `id`, `title`, `price`, `url`, `image`, `tags` of each",
    "preferences_url": "Where this person chooses what to hear about; ask `{% if preferences_url is defined %}`",
    "confirm_url": "Where this person confirms; only in the template of a form's double_opt_in",
    'asset_url("ID")': "Where this person gets a file of assets/; the link is theirs, and holds for its `within`",
    'survey("ID")': "A question of surveys/ with a link for each answer; in a text of its own",
    'page_url("ID")': "Where this person sees a page of pages/ that is `personal`; the link is theirs alone",
    "unsubscribe_url": "Where this person can leave this topic; mail programs' own button does it in one click",
}

ENDS = """Every journey ends: what is repeated has `until`, `at_most` or a way out, or the journey a goal, an exit or
a last day; each turn passes a wait that takes time (a length of time, or something new that has to happen); and
journeys that start each other wait in between. `samovar validate` refuses what doesn't."""
CONSOLE_API = """What a page of [the console](../console.md) shows its address also answers as JSON, and what its
buttons do a script may do as well: behind the same session, the same roles and the same token. A request that
doesn't accept `text/html` gets JSON; `HEAD` is answered like `GET`.

**Who asks** is known by the cookie `samovar-session` alone. It is set when somebody has signed in by Cognito's
pages, so in a browser, with a second factor where one is asked for: there is no key and no password of an API. A
script sends the cookie of a browser in which its owner signed in (no script of a page can read it; a browser's own
tools show it), or goes through that sign-in as a browser does, from `GET /console/sign-in`. A session ends after an
hour without a request, and after half a day in any case: what must run by night is no work for this API. Everything
done is noted under that account.

**What changes something** is a `POST` of a form (`application/x-www-form-urlencoded`) that brings the token of the
session: in the header `x-samovar-token`, or in the field `_token`. It stands in every page of HTML, in `<meta
name="samovar:token">`, and is the same as long as the session.

```console
$ curl -s 'https://tea.example/console/people?of=band:hot' -H 'accept: application/json' -b 'samovar-session=…'
$ curl -s https://tea.example/console/sending/pause -H 'accept: application/json' -b 'samovar-session=…' \\
    -H 'x-samovar-token: …' -d what=marketing -d 'why=The shop is closed' -d hours=12
```

**Lists** go on by a cursor: a page names the place of the next one, which is handed back as it is. **Reports** are
tables of `columns`, `rows` of as many cells, and `links`: by column, where a cell leads. Money is `{"EUR": 12.5}`, a
sum for each currency. **What is refused** has the body of [every other refusal](errors.md). Besides what the tables
name there may be, of each: `not-signed-in` (401), `not-allowed` (403, of another role), `stale-page` (403, without
the token), `unknown-route` (404) and `invalid-body` (400). What was done is answered with 200 and plain facts; an
erasure, which takes a while, with 202 and its job."""
