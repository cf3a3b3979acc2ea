"""What is decided on, read for many messages at once: six rows for each, in as few calls as they fit in."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from functions import releases, settings
from functions.aws import dynamodb
from functions.core.consent import Head
from functions.core.contact import Contact
from functions.core.message import Message
from functions.core.pauses import Pauses
from functions.core.policy import Case, Destination, Recent, Unreachable, hours_of
from functions.releases import Keyring
from functions.send.channels import way
from functions.send.queue import Pair
from functions.tables import addresses, caps, contacts, messages, pauses
from functions.texts.zones import zone_of


@dataclass(frozen=True, slots=True)
class Facts:
    """What stood a moment ago. Contacts (merges followed) are by the message's own contact, recent sends by the
    contact's that it was merged into, heads by address hash, destinations by message id."""

    contacts: Mapping[str, Contact]
    destinations: Mapping[str, Destination | Unreachable]
    heads: Mapping[str, Head]
    recents: Mapping[str, Recent]
    pauses: Pauses

    def case(self, message: Message) -> Case:
        """What is decided on for one message."""
        release, contact = releases.by_id(message.release), self.contacts[message.contact]
        destination = self.destinations[message.id]
        return Case(
            message=message,
            contact=contact,
            release=release,
            destination=destination,
            head=self.heads.get(_address(destination), Head()),
            recent=self.recents[contact.id],
            pauses=self.pauses,
            # Where no rule asks for it, nothing is looked up.
            zone=zone_of(contact, release.sending)
            if hours_of(message, release)
            else release.sending.business.time_zone,
        )


def look(pairs: Sequence[Pair], failed: MutableMapping[Pair, Exception]) -> tuple[list[Message], Pauses]:
    """The messages that are still to be sent, and what is paused. Rows that can't be read go to `failed`."""
    keys = {messages.key(*pair): pair for pair in pairs}
    rows = dynamodb.batch_get(settings.contacts_table(), [pauses.KEY, *keys])
    held = pauses.from_item(rows.get(pauses.KEY))
    found = []
    for key, pair in keys.items():
        if key not in rows:
            continue
        try:
            message = messages.from_item(rows[key])
        except Exception as error:
            failed[pair] = error
        else:
            if message.state == "intended":
                found.append(message)
    return found, held


def gather(wanted: Sequence[Message], channel: str, keys: Keyring) -> Facts:
    """Everything else that messages of one channel are decided on (consistent reads)."""
    people, counted = _people(dict.fromkeys(message.contact for message in wanted))
    of_release: dict[str, list[Message]] = defaultdict(list)
    for message in wanted:
        of_release[message.release].append(message)
    destinations: dict[str, Destination | Unreachable] = {}
    for release, theirs in of_release.items():
        destinations |= way(channel).destinations(theirs, people, releases.by_id(release), keys)
    hashes = {address: addresses.head_key(address) for address in map(_address, destinations.values()) if address}
    selves = {contact.id: caps.selves(contact) for contact in people.values()}
    for id, contact in people.items():
        if id not in selves[contact.id]:
            selves[contact.id] = [id, *selves[contact.id]]
    # Whoever was merged is counted no more on a row of their own: read by now, it says all that it ever will.
    others = caps.keys(one for ids in selves.values() for one in ids[:-1])
    rows = dynamodb.batch_get(settings.contacts_table(), [pauses.KEY, *hashes.values(), *others])
    own = caps.keys(selves)
    counts = {**rows, **{key: counted[key] for key in own if key in counted}}
    return Facts(
        contacts=people,
        destinations=destinations,
        heads={address: addresses.head_from(rows[key]) for address, key in hashes.items() if key in rows},
        recents={person: caps.joined(ids, counts) for person, ids in selves.items()},
        pauses=pauses.from_item(rows.get(pauses.KEY)),
    )


def _people(ids: Iterable[str]) -> tuple[dict[str, Contact], dict[dynamodb.Key, dynamodb.Item]]:
    """Who these contacts are by now, and the rows that count against the caps of each.

    Those are read before the contact itself: a merge writes both, so that whoever knows nothing of it is refused.
    """
    loaded, counted, wanted = dict[str, Contact](), dict[dynamodb.Key, dynamodb.Item](), list(ids)
    asked = list(wanted)
    while asked:
        counted |= dynamodb.batch_get(settings.contacts_table(), caps.keys(asked))
        loaded |= contacts.load(asked)
        into = (loaded[id].state.merged_into for id in asked)
        asked = list(dict.fromkeys(id for id in into if id and id not in loaded))
    found = {}
    for id in wanted:
        contact = loaded[id]
        while contact.state.merged_into:
            contact = loaded[contact.state.merged_into]
        found[id] = contact
    return found, counted


def _address(destination: Destination | Unreachable) -> str:
    return destination.address if isinstance(destination, Destination) else ""
