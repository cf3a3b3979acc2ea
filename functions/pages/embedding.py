"""What the owner of another site pastes into it: a form, and the tracker, which brings pop-ups along."""

from collections.abc import Mapping

from markupsafe import escape

from functions.core.forms import Form
from functions.core.sending import Sending
from functions.pages import render
from functions.texts import catalogue


def snippets(id: str, shown: Form, sending: Sending, base: str) -> Mapping[str, str]:
    """Both ways to embed a form: by script, with a link where there is none, and as plain HTML."""
    words = catalogue.words(sending, shown)
    script = render.snippet(f"{base}/f/{id}", id, shown, words)
    plain = render.fragment(id, shown, render.Showing({}, sending=sending, base=f"{base}/f/"))
    # Each showing of ours has its own; pasted text would say one for ever.
    plain = "\n".join(line for line in plain.splitlines() if line.strip() and 'name="_nonce"' not in line)
    return {"page": f"{base}/f/{id}", "script": script, "html": plain}


def tracker(base: str, key: str) -> str:
    """The lines that let a site report its visits and show pop-ups; `key` is a public write key."""
    return (
        "<script>window.samovar??=new Proxy([],{get:(q,m)=>q[m]??((...a)=>q.push([m,...a]))})</script>\n"
        f'<script async src="{escape(base)}/samovar.js" data-key="{escape(key)}"></script>'
    )
