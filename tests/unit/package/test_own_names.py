import hatch_build
from hub import resources


def test_what_the_build_shortens_is_not_also_a_word_of_the_hub():
    source = resources.path("migrations").parent / hatch_build.WIDGET_SOURCE
    own = set((source / "own-names.txt").read_text().split())
    theirs = {
        "id", "position", "direction", "text", "author", "name", "files", "buttons", "client_id",
        "status", "deleted", "occurred_at", "recorded_at", "url", "size", "content_type", "label",
        "value", "seen", "on", "type", "token", "after", "items", "next", "words", "locale", "dir",
        "greeting", "away", "until", "form", "fields", "required", "max_bytes", "max_count",
        "max_text", "identify", "code", "detail", "email", "who", "at", "failed", "sure",
        "of", "sound", "notifications", "mail",
    }  # fmt: skip
    assert not own & theirs
