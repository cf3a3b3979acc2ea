"""Identities that change hands: a browser in which another person identified, an address that was another's.

In one transaction the identity's row moves and every contact that gains or loses a part of
its history is marked: it carries no spec any more and is due at once, so that whoever comes
first, an event or the sweep, counts it anew from the events.
"""

from dataclasses import replace
from typing import Any

from functions import bots, clock, releases, settings
from functions.aws import dynamodb
from functions.core.contact import Moment, State
from functions.core.event import Event
from functions.core.folding import moment_of
from functions.core.identity import ANONYMOUS, kind_of, own_ref
from functions.core.ownership import NOBODY, RUNS_KEPT, Run, asserted, changed_hands, renamed
from functions.core.verdicts import settled
from functions.observability import metric
from functions.tables import contacts, due, identities, rulings
from functions.tables.contacts import STATE, partition
from functions.tables.identities import ATTEMPTS, Contended, Identity

FIRST = Moment(0, 0)
"""From the beginning."""


def take_turn(browser: str, contact: str, event: Event) -> Identity | None:
    """Note that `contact` identified in the browser by `event`; the row as it stands then.

    Only another's turn changes anything, or one before the first: that somebody identified
    again and again is in the events. None where there is no such row.
    """
    for _ in range(ATTEMPTS):
        held = identities.read([browser]).get(browser)
        if held is None or held.forgotten:
            return held
        turns = renamed(held.runs or (Run(FIRST, held.contact),), identities.survivor)
        # Before the events are looked at: what comes after that makes these versions outdated.
        loaded = contacts.load({contact, *(run.contact for run in turns)} - {NOBODY})
        before = turns if held.runs or turns[0].contact == contact else (_begun(browser, turns[0].contact),)
        after = asserted(before, moment_of(event), contact, lambda *between: _identified(browser, *between))
        if after == before:
            return held
        if len(after) > RUNS_KEPT:
            metric("BrowserTurnsTooMany")
            return held
        moved = replace(held, contact=after[-1].contact, runs=after, version=held.version + 1)
        try:
            dynamodb.transact(
                [
                    _row_op(held, moved),
                    identities.listed_op(contact, browser),
                    *(_mark(loaded[one].state, moved) for one in sorted(changed_hands(before, after))),
                ]
            )
        except dynamodb.TransactionRefused:
            continue
        metric("BrowsersShared")
        return moved
    raise Contended(f"browser {browser} kept changing hands")


def give(ref: str, before: str, after: str, *, vouched: bool = True) -> bool:
    """Move an identity that `before` only claimed to `after`; False where it is no longer `before`'s.

    Not `vouched`, it stays a claim and may move on.
    """
    proved = {":yes": True} if vouched else {}
    for _ in range(ATTEMPTS):
        given = dynamodb.update_op(
            settings.contacts_table(),
            identities.key(ref),
            f"SET contact = :after, {'proved = :yes, ' if vouched else ''}v = :v",
            condition="contact = :before AND attribute_not_exists(proved)",
            values={":after": after, ":before": before, **proved, ":v": identities.VERSION},
        )
        lists = [identities.unlisted_op(before, ref), identities.listed_op(after, ref)]
        try:
            dynamodb.transact([given, *lists, *(_mark(one.state) for one in contacts.load([before, after]).values())])
        except dynamodb.TransactionRefused as refused:
            if refused.reasons[0] == "ConditionalCheckFailed":
                return False
        else:
            metric("IdentitiesGiven")
            return True
    raise Contended(f"identity {ref} kept changing")


def _begun(browser: str, owner: str) -> Run:
    """Since when a browser is its only owner's so far: that is looked up when somebody else comes."""
    return Run(_identified(browser, owner, None, None) or FIRST, owner)


def _identified(browser: str, contact: str, after: Moment | None, before: Moment | None) -> Moment | None:
    """The first moment between two at which the contact identified in the browser, as its events have it."""
    profile = contacts.load([contact])[contact].profile
    sources = [ref for ref in (*profile.identities, own_ref(contact)) if kind_of(ref) != ANONYMOUS]
    # A machine that calls itself somebody makes no browser theirs.
    known = settled(rulings.told(sources), bots.rules(releases.live()))
    moments = (moment_of(event) for event in known if browser in event.identities and not event.held)
    return min(
        (one for one in moments if (after is None or one > after) and (before is None or one < before)), default=None
    )


def _row_op(held: Identity, moved: Identity) -> dict[str, Any]:
    unchanged, values = ("n = :n", {":n": held.version}) if held.runs else ("attribute_not_exists(n)", {})
    return dynamodb.put_op(
        settings.contacts_table(),
        identities.to_row(moved),
        condition=f"{unchanged} AND contact = :contact AND attribute_not_exists(forgotten)",
        values=values | {":contact": held.contact},
    )


def _mark(state: State, browser: Identity | None = None) -> dict[str, Any]:
    """The contact is to be counted anew, and knows by which version of the browser's row."""
    shared = dict(state.shared) | ({browser.ref: browser.version} if browser else {})
    values: dict[str, Any] = {":none": "", ":shared": shared, ":ds": due.shard(state.contact), ":now": clock.now_ms()}
    return dynamodb.update_op(
        settings.contacts_table(),
        (partition(state.contact), STATE),
        "SET spec = :none, #shared = :shared, ds = :ds, du = :now, n = :next, v = :v REMOVE #out, o",
        condition=f"attribute_not_exists(#into) AND {'n = :held' if state.version else 'attribute_not_exists(n)'}",
        names={"#out": "out", "#into": "into", "#shared": "shared"},
        values=values
        | {":next": state.version + 1, ":v": contacts.VERSION}
        | ({":held": state.version} if state.version else {}),
    )
