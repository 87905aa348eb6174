"""Parts that tests share: judges, servers and people of their own."""
