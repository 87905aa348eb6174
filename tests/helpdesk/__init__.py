"""The help desk: who works there, what they see, what they may do."""
