"""The versions of the policy: published, told to people, shown to everybody, and what pages need to know of the one in force."""
