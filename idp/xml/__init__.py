"""XML as it may come in and as it goes out: parsed under limits, verified, written canonically, signed, encrypted."""
