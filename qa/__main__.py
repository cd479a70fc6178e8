"""`python -m qa`: the command line."""

from qa.cli.main import main

main()
