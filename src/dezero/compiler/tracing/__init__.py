"""A function run once on arrays without numbers, and what it computed as a program."""
