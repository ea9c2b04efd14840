"""Taylor series of high order in time, in steps as long as the series allow."""
