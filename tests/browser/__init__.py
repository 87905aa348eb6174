"""People with a real browser: Chromium, over the network, between real sites."""
