"""Examples that `--help` shows: by subcommand, what one types and what it does."""

from __future__ import annotations

__all__ = ["EXAMPLES"]

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "completion": (
        ("source <(tts-chaos completion bash)", "complete in this shell; zsh likewise"),
        (
            "tts-chaos completion fish > ~/.config/fish/completions/tts-chaos.fish",
            "complete in fish, from the next one on",
        ),
    ),
    "diff": (
        ("tts-chaos diff contracts-old contracts-new", "list what changed, gravest first"),
        (
            "tts-chaos diff contracts recordings --scenarios chaos/drift",
            "make a scenario of each difference that an integration can notice",
        ),
    ),
    "doctor": (
        ("tts-chaos doctor", "look at this project and this machine"),
        ("tts-chaos doctor --offline --only credentials", "look at keys and tokens alone"),
    ),
    "gate": (
        ("tts-chaos gate out --version 2.3.1", "decide again by a report that is there"),
        ("tts-chaos gate --may 2.3.1", "may this version go? yes, no or unknown"),
    ),
    "import": (
        (
            "tts-chaos import session.har --to recordings",
            "keep a session, without secrets",
        ),
    ),
    "init": (
        ("tts-chaos init --yes", "a start for Python, without questions"),
        (
            'tts-chaos init --kind program --start "node shop.mjs" --ci github',
            "a start for a program in any language, with a job for CI",
        ),
    ),
    "list": (("tts-chaos list faults", "what can be broken, with settings"),),
    "load": (
        ("tts-chaos load", "half a minute: are budgets held at all"),
        ("tts-chaos load --profile peak-sale --faults outage", "a sale's day with an outage in it"),
    ),
    "plan": (
        ("tts-chaos plan --init", "write the settings, to be filled in"),
        ("tts-chaos plan out --load load", "make the plan of a report and a load"),
    ),
    "record": (
        (
            "tts-chaos record --to recordings --i-own-this-shop",
            "stand between your integration and the platform, and write down what passes",
        ),
    ),
    "replay": (("tts-chaos replay out/records/FILE --times 20", "is it the same, twenty times?"),),
    "report": (("tts-chaos report out", "make out/report.html again"),),
    "schema": (
        ("tts-chaos schema --write .tts-chaos/schemas", "let editors complete what you write"),
    ),
    "serve": (
        ("tts-chaos serve --json", "one line of JSON with addresses, keys and tokens"),
        ("tts-chaos serve --tls --proxy --seed 7", "over TLS, with ports that can be closed"),
    ),
    "verify": (("tts-chaos verify recordings", "does the twin answer as was recorded?"),),
    "webhook-orders": (
        ("tts-chaos webhook-orders chaos/orders --events 3", "write each wrong order of three"),
    ),
    "webhooks": (
        (
            "tts-chaos webhooks http://127.0.0.1:8000/webhooks --app-key 6abc "
            "--secret-from SHOP_SECRET",
            "post generated webhooks to a receiver on this machine",
        ),
    ),
}
