"""The public door: one HTTP API in front of track, pages and the console."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.nag import accept

TRACK: Mapping[str, Sequence[http.HttpMethod]] = {
    "/v1/{proxy+}": [http.HttpMethod.POST],
    # What RudderStack's browser SDK sends in its beacon mode.
    "/beacon/v1/batch": [http.HttpMethod.POST],
    "/f/{form}": [http.HttpMethod.POST],
    "/o/{token}": [http.HttpMethod.GET],
    "/c/{token}": [http.HttpMethod.GET, http.HttpMethod.HEAD],
    "/get/{token}": [http.HttpMethod.GET, http.HttpMethod.HEAD],
    "/my/{token}": [http.HttpMethod.GET, http.HttpMethod.HEAD],
    "/rate/{token}": [http.HttpMethod.GET, http.HttpMethod.HEAD, http.HttpMethod.POST],
    "/confirm/{token}": [http.HttpMethod.GET, http.HttpMethod.HEAD, http.HttpMethod.POST],
    "/u/{token}": [http.HttpMethod.GET, http.HttpMethod.HEAD, http.HttpMethod.POST],
    "/p/{token}": [http.HttpMethod.GET, http.HttpMethod.HEAD, http.HttpMethod.POST],
}
PAGES: Mapping[str, Sequence[http.HttpMethod]] = {
    "/": [http.HttpMethod.GET],
    "/f/{form}": [http.HttpMethod.GET],
    "/thanks/{form}": [http.HttpMethod.GET],
    "/page/{page}": [http.HttpMethod.GET],
    "/sitemap.xml": [http.HttpMethod.GET],
    "/robots.txt": [http.HttpMethod.GET],
    "/samovar.js": [http.HttpMethod.GET],
    "/popup": [http.HttpMethod.GET],
    "/popup.js": [http.HttpMethod.GET],
    "/video.js": [http.HttpMethod.GET],
    "/privacy": [http.HttpMethod.GET],
    "/push": [http.HttpMethod.GET],
    "/push.js": [http.HttpMethod.GET],
    "/v1/openapi.json": [http.HttpMethod.GET],
    "/v1/projects/{key}/settings": [http.HttpMethod.GET],
    # RudderStack's browser SDK asks with a slash at the end. No route of an HTTP API may end in one, and
    # accounts differ on whether the plain route takes such a request or the greedy one.
    "/sourceConfig": [http.HttpMethod.GET],
    "/sourceConfig/{proxy+}": [http.HttpMethod.GET],
}
CONSOLE: Mapping[str, Sequence[http.HttpMethod]] = {
    "/console": [http.HttpMethod.GET],
    "/console/{proxy+}": [http.HttpMethod.GET, http.HttpMethod.POST],
}
"""Every page of the console asks who is there itself, and sends whoever isn't to sign in."""

SENT: Sequence[str] = (
    *("authorization", "content-type", "anonymousid", "sentat"),
    # What browser SDKs add to a request that they send again: without these no page's retry would ever arrive.
    *("x-retry-count", "rsa-recovered", "rsa-retry-attempt", "rsa-retry-reason"),
    *("rsa-since-first-attempt", "rsa-since-last-attempt"),
)
"""Headers that a page on another origin may send."""


class Api(Construct):
    """The API. It stands before its routes, so that functions can be told its address."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Api")
        self.api = http.HttpApi(
            self,
            "Http",
            cors_preflight=http.CorsPreflightOptions(
                # No other site may send cookies along, and track knows from which pages a write key may come.
                allow_origins=["*"],
                allow_headers=list(SENT),
                allow_methods=[http.CorsHttpMethod.GET, http.CorsHttpMethod.POST],
                expose_headers=["retry-after"],
                max_age=cdk.Duration.days(1),
            ),
            create_default_stage=False,
            description="Samovar: events, forms, pages, links",
        )
        stage = self.api.add_stage(
            "Stage",
            auto_deploy=True,
            stage_name="$default",
            throttle=http.ThrottleSettings(rate_limit=500, burst_limit=1000),
        )
        accept(
            stage,
            "AwsSolutions-APIG1",
            "An access log would keep visitors' addresses and the signed tokens of their links, at the price of "
            "the events themselves; the API's metrics and the functions' own logs tell what went wrong.",
        )
        self.url = self.api.api_endpoint

    def route(self, function: lambda_.Function, name: str, routes: Mapping[str, Sequence[http.HttpMethod]]) -> None:
        """Send these paths to the function."""
        integration = HttpLambdaIntegration(name, function, scope_permission_to_route=False)
        for path, methods in routes.items():
            for route in self.api.add_routes(path=path, methods=list(methods), integration=integration):
                accept(
                    route,
                    "AwsSolutions-APIG4",
                    "Public by purpose: forms, links in emails, and events under a write key that every "
                    "visitor's browser holds. track checks the key and the signature of each token, and the console "
                    "the session of whoever is signed in: browsers send cookies, which no authorizer here reads.",
                )
