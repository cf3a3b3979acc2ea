"""What is decided on, read for many messages at once: six rows for each, in as few calls as they fit in."""

from collections import defaultdict
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from functions import releases, settings
from functions.aws import dynamodb
from functions.core.consent import Head
from functions.core.contact import Contact
from functions.core.identity import contacts_among
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
    """What stood a moment ago. Contacts (merges followed) and recent sends are by the message's own contact, heads
    by address hash, destinations by message id."""

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
            recent=self.recents[message.contact],
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
    loaded = contacts.load([message.contact for message in wanted])
    people = {id: contacts.survivor(contact) for id, contact in loaded.items()}
    of_release: dict[str, list[Message]] = defaultdict(list)
    for message in wanted:
        of_release[message.release].append(message)
    destinations: dict[str, Destination | Unreachable] = {}
    for release, theirs in of_release.items():
        destinations |= way(channel).destinations(theirs, people, releases.by_id(release), keys)
    hashes = {address: addresses.head_key(address) for address in map(_address, destinations.values()) if address}
    selves = {id: _selves(id, contact) for id, contact in people.items()}
    counted = {one for ids in selves.values() for one in ids}
    rows = dynamodb.batch_get(
        settings.contacts_table(),
        [
            pauses.KEY,
            *hashes.values(),
            *(key for id in sorted(counted) for key in (caps.key(id), caps.old_key(id))),
        ],
    )
    held = {id: caps.from_items(rows.get(caps.key(id)), rows.get(caps.old_key(id))) for id in counted}
    return Facts(
        contacts=people,
        destinations=destinations,
        heads={address: addresses.head_from(rows[key]) for address, key in hashes.items() if key in rows},
        recents={
            id: Recent(held[id].version, {key: sent for one in ids for key, sent in held[one].sends.items()})
            for id, ids in selves.items()
        },
        pauses=pauses.from_item(rows.get(pauses.KEY)),
    )


def _selves(id: str, contact: Contact) -> list[str]:
    """Everybody whom a person was counted as: those merged into one, too. Whose row it is comes last."""
    return [*sorted({contact.id, *contacts_among(contact.profile.identities)} - {id}), id]


def _address(destination: Destination | Unreachable) -> str:
    return destination.address if isinstance(destination, Destination) else ""
