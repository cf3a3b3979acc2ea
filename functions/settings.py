"""What the deployment tells a function: names of its resources, read when first needed."""

import os


class Missing(RuntimeError):
    """A variable that the template sets is absent: a deployment error, not a person's."""


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise Missing(f"environment variable {name} is not set")
    return value


def events_table() -> str:
    return _required("EVENTS_TABLE")


def contacts_table() -> str:
    return _required("CONTACTS_TABLE")


def bucket() -> str:
    return _required("BUCKET")


def send_queue_url() -> str:
    return _required("SEND_QUEUE_URL")


def work_queue_url() -> str:
    return _required("WORK_QUEUE_URL")


def aside_queue_url() -> str:
    return _required("ASIDE_QUEUE_URL")


def state_machine_arn() -> str:
    return _required("STATE_MACHINE_ARN")


def bus_name() -> str:
    return _required("BUS_NAME")


def alert_topic_arn() -> str:
    return _required("ALERT_TOPIC_ARN")


def configuration_set() -> str:
    return _required("CONFIGURATION_SET")


def public_url() -> str:
    """Base of every link in messages and pages, without a trailing slash."""
    return _required("PUBLIC_URL").rstrip("/")


def sign_in_url() -> str:
    """Base of the addresses at which the staff signs in, without a trailing slash."""
    return _required("SIGN_IN_URL").rstrip("/")


def sign_in_client() -> str:
    return _required("SIGN_IN_CLIENT")
