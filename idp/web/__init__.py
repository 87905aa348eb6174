"""HTTP: listeners, pages, headers and views; the only room that knows Flask."""
