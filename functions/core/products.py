"""products.yaml: what the business sells, for lists in messages."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_serializer

from functions.core.definition import Definition, Id

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217, such as EUR."""


class Product(Definition):
    """One thing that can be bought."""

    id: Id
    title: str = Field(min_length=1, max_length=300)
    titles: dict[str, str] = Field(default_factory=dict, description="Its title in other languages, by code.")
    price: dict[Currency, Decimal] = Field(
        default_factory=dict, description="What it costs, by currency, such as {EUR: 12.50, TRY: 480}."
    )
    url: str = Field("", pattern=r"^(https?://\S+)?$", description="Its page; links to it are counted.")
    image: str = Field("", pattern=r"^(https?://\S+)?$", description="A picture of it.")
    tags: list[str] = Field(default_factory=list, description='Words to choose by: `products | tagged("green")`.')

    @field_serializer("price")
    def _amounts(self, price: dict[str, Decimal]) -> dict[str, str]:
        return {currency: str(amount) for currency, amount in price.items()}


class Products(Definition):
    """products.yaml"""

    products: list[Product] = Field(default_factory=list)
