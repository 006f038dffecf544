"""`python -m jobs` is `boxwise`."""

from jobs.cli import main

main()
