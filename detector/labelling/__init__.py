"""What to label next, and the screen that asks."""
