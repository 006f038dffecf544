"""`python -m jobs` is `boxwise`."""

from jobs.cli.main import main

main()
