"""`python -m camcensus`: the same as the command."""

from camcensus.cli import main

if __name__ == "__main__":
    main()
