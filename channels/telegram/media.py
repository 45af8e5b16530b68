"""Which files Telegram takes as what."""

MAX_PHOTO = 10 * 1024 * 1024
"""Bytes: https://core.telegram.org/bots/api#sendphoto; what is larger goes as a document."""
PHOTOS = frozenset({"image/jpeg", "image/png"})
VIDEOS = frozenset({"video/mp4"})
MUSIC = frozenset({"audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/m4a"})
VOICES = frozenset({"audio/ogg", "application/ogg"})
ANIMATIONS = frozenset({"image/gif"})
