"""Machine code of a plan, and how it is called."""
