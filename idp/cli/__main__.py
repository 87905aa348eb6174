"""`python -m idp.cli`: how the supervisor starts its own parts."""

from idp.cli.main import main

if __name__ == "__main__":
    main()
