"""How fast a network runs, beside others: `subjects` says what can be timed, `measure` how, `grid` makes the record."""
