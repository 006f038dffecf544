"""The shop tonight as the optimizer's problem: who, what, which stock, which pairs, under which rules."""
