"""What is sent by name: shipped texts and the installation's own, per language and channel."""
