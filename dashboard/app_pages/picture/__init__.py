"""What pages about the session's picture share: sidebar, strip, facts, frame."""
