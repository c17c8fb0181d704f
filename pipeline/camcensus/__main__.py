"""`python -m camcensus`: the same as the command."""

from camcensus.cli.app import main

if __name__ == "__main__":
    main()
