"""What the bytes of a mail say, whatever they are: pure, bounded, never raising."""
