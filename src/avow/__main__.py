"""`python -m avow` is the same as `avow`."""

from avow.main.command import main

main()
