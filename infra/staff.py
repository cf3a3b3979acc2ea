"""Where the staff signs in: the pool's own pages, at an address of Cognito's.

No account stands in the template: what a template makes it also takes away, and an account outlives each of its
deployments. `samovar staff invite` makes them, the first owner's among them.
"""

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.uses import Use


class SignIn(Construct):
    """A client of the staff's pool for the console at `public_url`. No password is ever typed into a page of ours."""

    def __init__(self, scope: Construct, *, pool: cognito.UserPool, public_url: str) -> None:
        super().__init__(scope, "SignIn")
        stack = cdk.Stack.of(self)
        home = f"{public_url}/console"
        domain = cognito.CfnUserPoolDomain(
            self,
            "Domain",
            user_pool_id=pool.user_pool_id,
            # One for each account and region is what Cognito asks for; nothing else of ours has such a name.
            domain=f"samovar-{stack.account}",
        )
        client = cognito.CfnUserPoolClient(
            self,
            "Client",
            user_pool_id=pool.user_pool_id,
            allowed_o_auth_flows=["code"],
            allowed_o_auth_flows_user_pool_client=True,
            allowed_o_auth_scopes=["openid", "email"],
            callback_ur_ls=[f"{home}/callback"],
            logout_ur_ls=[home],
            supported_identity_providers=["COGNITO"],
            # The browser's own verifier proves who asked (PKCE): a secret would have to be kept somewhere.
            generate_secret=False,
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            explicit_auth_flows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            access_token_validity=1,
            id_token_validity=1,
            # Whoever comes back within the day types no password again.
            refresh_token_validity=1,
        )
        self.url = self._url(domain.ref, stack)
        self.client = client.ref

    def _url(self, domain: str, stack: cdk.Stack) -> str:
        parameter = cdk.CfnParameter(
            stack,
            "SignInUrl",
            default="",
            description="Base of the pages on which the staff signs in; empty for Cognito's own address",
        )
        own = cdk.CfnCondition(stack, "OwnSignIn", expression=cdk.Fn.condition_equals(parameter.value_as_string, ""))
        usual = f"https://{domain}.auth.{stack.region}.amazoncognito.com"
        return cdk.Token.as_string(cdk.Fn.condition_if(own.logical_id, usual, parameter.value_as_string))

    def use(self) -> Use:
        """What the console is told of it. It asks Cognito's public pages, for which no right is needed."""
        return Use(environment={"SIGN_IN_URL": self.url, "SIGN_IN_CLIENT": self.client})
