"""HTTP API."""

import contextvars
from collections.abc import Callable
from typing import Any

from ministack.services import apigateway

from local.mends import expect

_binary: contextvars.ContextVar[bool] = contextvars.ContextVar("binary", default=False)


def cors_from_the_template() -> None:
    """CloudFormation stores a CORS configuration in PascalCase, the responses read camelCase."""

    def camel(config: dict[str, Any] | None) -> dict[str, Any]:
        return {key[:1].lower() + key[1:]: value for key, value in (config or {}).items()}

    def wrap(answer: Callable[..., Any]) -> Callable[..., Any]:
        return lambda config, origin: answer(camel(config), origin)

    for name in ("_cors_response_headers", "_cors_preflight_response"):
        expect(hasattr(apigateway, name), f"apigateway.{name} is gone")
        setattr(apigateway, name, wrap(getattr(apigateway, name)))


def cors_of_the_api_is_the_only_one() -> None:
    """AWS ignores a handler's CORS headers where the API has its own; here both are sent, and browsers refuse that."""
    answer = apigateway._cors_response_headers

    def mended(config: dict[str, Any], origin: str) -> dict[str, Any]:
        # They are laid over the handler's, whose names are in lower case.
        return {name.lower(): value for name, value in answer(config, origin).items()}

    apigateway._cors_response_headers = mended


def binary_body_arrives_whole() -> None:
    """A gzipped or non-UTF-8 body under a text type is decoded and so destroyed; AWS passes it as base64."""
    is_text, invoke = apigateway._v2_request_body_is_text, apigateway._invoke_lambda_proxy

    async def mended(*args: Any, **kwargs: Any) -> Any:
        headers, body = args[5], args[6]
        try:
            (body or b"").decode()
            _binary.set(bool(headers.get("content-encoding")))
        except UnicodeDecodeError:
            _binary.set(True)
        return await invoke(*args, **kwargs)

    apigateway._v2_request_body_is_text = lambda kind: not _binary.get() and is_text(kind)
    apigateway._invoke_lambda_proxy = mended


def slash_at_the_end_is_no_matter() -> None:
    """AWS hands "/a/" to the route "/a" as well; RudderStack's browser SDK asks so."""
    extract = apigateway._extract_path_params

    def mended(route: str, path: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = extract(route, path)
        if found is None and len(path) > 1 and path.endswith("/"):
            return mended(route, path[:-1])
        return found

    apigateway._extract_path_params = mended
