"""Which errors may pass, and which will come again however often a record is tried."""

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

_OF_CODE_OR_DATA = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, AssertionError, RecursionError)
_REFUSED_FOR_GOOD = frozenset({"ValidationException", "SerializationException", "InvalidParameterValue"})


def is_of_aws(error: BaseException) -> bool:
    """Whether AWS refused a call, or could not be reached."""
    return isinstance(error, ClientError | BotoCoreError)


def hopeless(error: BaseException) -> bool:
    """Whether trying again can't help: the record is to be set aside. Anything unknown may pass."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in _REFUSED_FOR_GOOD
    return isinstance(error, (*_OF_CODE_OR_DATA, ParamValidationError))
