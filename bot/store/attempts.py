"""Wrong tries at reading somebody's file, counted under a keyed hash. Implements `actions.attempts.AttemptLedger`."""
