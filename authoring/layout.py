"""The base layout: what stands around the body sections of an e-mail that is no whole MJML document.

A band with the business's name or logo, the letter on a surface of its own, and a footer with who
writes, why, and how to leave. In dark mode the brand's colours give way to dark ones that keep their contrast.
"""

import html
import re

from authoring.colours import mix, on, readable
from functions.core.sending import Brand
from functions.core.words import Words

CLASSES = {
    "title": "The large first line",
    "lead": "A larger paragraph",
    "small": "Small print",
    "panel": "A column on a tinted ground, such as a product",
}
"""What `mj-class` may name in a body."""

_DARK_PAGE, _DARK_SURFACE, _DARK_PANEL, _DARK_TEXT = "#121212", "#1e1e1e", "#2a2a2a", "#f0ece6"


def is_whole(source: str) -> bool:
    """Whether an MJML source is a document of its own, which no layout is put around."""
    return re.search(r"<mjml[\s>]", source) is not None


def wrap(body: str, brand: Brand, words: Words) -> str:
    """A whole MJML document (still a Jinja2 template) around body sections, on which lines stay where they are."""
    direction = f' dir="{words.direction}"' if words.direction == "rtl" else ""
    return (
        f'<mjml lang="{html.escape(words.language)}"{direction}>{_head(brand)}'
        f'<mj-body background-color="{brand.background}" width="600px" css-class="page">{_band(brand)}'
        f'<mj-wrapper background-color="{brand.surface}" padding="28px 0 12px" css-class="card">{body}</mj-wrapper>'
        f"{_footer(brand, words)}</mj-body></mjml>"
    )


def _head(brand: Brand) -> str:
    button = brand.accent or brand.primary
    panel = mix(brand.surface, button, 0.1)
    small = readable(mix(brand.text, brand.background, 0.35), brand.background)
    return (
        "<mj-head>"
        '<mj-raw><meta name="color-scheme" content="light dark" />'
        '<meta name="supported-color-schemes" content="light dark" /></mj-raw>'
        "<mj-attributes>"
        f'<mj-all font-family="{html.escape(brand.font)}" />'
        f'<mj-section padding="0" />'
        f'<mj-text font-size="16px" line-height="1.6" color="{brand.text}" padding="0 32px 16px" />'
        f'<mj-table font-size="15px" line-height="1.5" color="{brand.text}" padding="0 32px 16px" />'
        '<mj-image padding="0 32px 20px" />'
        f'<mj-divider border-color="{panel}" border-width="1px" padding="8px 32px 20px" />'
        f'<mj-button background-color="{button}" color="{on(button)}" font-size="16px" font-weight="bold"'
        ' border-radius="6px" inner-padding="14px 28px" padding="8px 32px 24px" align="left" css-class="button" />'
        f'<mj-class name="title" font-size="28px" line-height="1.25" color="{brand.text}" padding="8px 32px 16px" />'
        '<mj-class name="lead" font-size="18px" />'
        '<mj-class name="small" font-size="13px" />'
        f'<mj-class name="panel" inner-background-color="{panel}" inner-border-radius="6px" padding="6px 32px 16px"'
        ' css-class="panel" />'
        f'<mj-class name="foot" font-size="13px" line-height="1.6" color="{small}" align="center"'
        ' padding="0 24px 8px" />'
        "</mj-attributes>"
        f"<mj-style>{_styles(brand)}</mj-style>"
        "</mj-head>"
    )


def _styles(brand: Brand) -> str:
    """Light and dark. Mail programs that know no media query show the light colours."""
    button = brand.accent or brand.primary
    link = readable(brand.primary, brand.surface)
    # Links stand on panels, too.
    dark_link = readable(button, _DARK_PANEL)
    dark_small = readable("#a8a29a", _DARK_PAGE)
    return (
        ":root { color-scheme: light dark; supported-color-schemes: light dark; } "
        f".card a {{ color: {link}; }} .button a {{ color: {on(button)}; }} "
        ".foot a { color: inherit; } "
        "@media (prefers-color-scheme: dark) { "
        f"body, .page {{ background-color: {_DARK_PAGE} !important; }} "
        f".card, .card > table {{ background: {_DARK_SURFACE} !important; }} "
        f".panel table[style*=background-color] {{ background-color: {_DARK_PANEL} !important; }} "
        f".card div, .card table, .card td, .card th {{ color: {_DARK_TEXT} !important; }} "
        f".card a {{ color: {dark_link} !important; }} .card .button a {{ color: {on(button)} !important; }} "
        f".foot div {{ color: {dark_small} !important; }} "
        "}"
    )


def _readable_on_band(brand: Brand) -> str:
    return readable(brand.accent or on(brand.primary), brand.primary)


def _band(brand: Brand) -> str:
    if brand.logo:
        inside = (
            f'<mj-image src="{html.escape(brand.logo)}" alt="{{{{ business.name }}}}" width="{brand.logo_width}px"'
            ' padding="0 32px" />'
        )
    else:
        inside = (
            f'<mj-text align="center" color="{_readable_on_band(brand)}" font-size="20px" letter-spacing="1px"'
            ' padding="0 32px">{{ business.name }}</mj-text>'
        )
    return (
        f'<mj-section background-color="{brand.primary}" padding="22px 0" css-class="band"><mj-column>{inside}'
        "</mj-column></mj-section>"
    )


def _footer(brand: Brand, words: Words) -> str:
    why = html.escape(words("mail-why", business="{{ business.name }}", topic="{{ topic.title }}"), quote=False)
    leave, choose = html.escape(words("mail-unsubscribe")), html.escape(words("mail-preferences"))
    return (
        '<mj-section padding="24px 0 32px" css-class="foot"><mj-column>'
        '<mj-text mj-class="foot">'
        "{% if not topic.transactional %}"
        f'{why}<br /><a href="{{{{ unsubscribe_url }}}}">{leave}</a>'
        f'{{% if preferences_url is defined %}} · <a href="{{{{ preferences_url }}}}">{choose}</a>{{% endif %}}'
        "<br />{% endif %}{{ business.name }}{% if business.address %} · {{ business.address }}{% endif %}"
        "</mj-text></mj-column></mj-section>"
    )
