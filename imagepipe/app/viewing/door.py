"""The page before the page: gives the token behind the `#` for a cookie, or says what is missing.

It shows nothing of any catalogue.
"""

from __future__ import annotations

import base64
import hashlib

_SCRIPT = """
const token = new URLSearchParams(location.hash.slice(1)).get("token");
const said = document.getElementById("said");
history.replaceState(null, "", location.pathname);
if (token) {
  fetch("session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  }).then((reply) => {
    if (reply.ok) location.reload();
    else said.hidden = false;
  });
} else {
  said.hidden = false;
}
"""

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 15vh auto; padding: 0 1.5rem; }
"""

_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>imagepipe view</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<main id="said" hidden>
<h1>This page opens with its link</h1>
<p>Open the whole link that <code>imagepipe view</code> printed in the terminal, with everything
behind the <code>#</code>. If the command has been started again since, it has a new link.</p>
</main>
<noscript><p>This page needs JavaScript.</p></noscript>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def door_html() -> str:
    return _PAGE


def door_policy() -> str:
    """It may ask its own server, and nothing else."""
    parts = (
        "default-src 'none'",
        f"script-src {_hash(_SCRIPT)}",
        f"style-src {_hash(_STYLE)}",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(parts)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
