"""A delivery written as a mail: fields, words, looks, parts, invitations."""
