"""How much work a solve puts in, and where it turns from one way of working to another: every threshold, in one place.

No value makes a plan illegal or a bound untrue; they trade time for gap. Tests make them small to reach every way.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Thresholds of `solve`. "Customers" and "pairs" are counts, gaps are relative, prices in 1/unit micro-points.

    When to stop
    small               up to so many customers, integer programmes go on until two in a row find nothing better
    few_customers       up to so many customers, column generation over everyone finishes the prices, whatever the gap
    many_customers      up to so many customers, column generation is tried where the first programme leaves a wide gap
    good_gap            a gap at which no further programme is started
    well_gap            a gap at which one programme is tried, and no more
    fair_gap            a gap at which one programme without progress is the last
    tied_gap            the gap to be content with where customers are crowded: programmes decide on too few of them
    slow                the share of the gap that a programme may leave before it counts as slow; the next ones do worse
    programmes          most integer programmes of a solve

    Shortlists
    all_pairs           up to so many pairs, a shortlist holds every allowed item
    listed              items on a shortlist when it is made, at least
    spare               places for items that are listed later
    kept                most customers whose rows are kept for samples, where pairs are made on demand
    block_pairs         pairs of one block of a pass over all pairs

    Prices
    samples             sizes of the samples that first prices are found on, ascending
    sample_rounds       most rounds of an ascent over a sample
    rough               an ascent over a sample of n customers ends at a tolerance of rough / n: finer would fit chance
    fine                share of the bound that the prices of everyone are sought to
    coarse              the same for few customers, where column generation goes on from there
    first_rounds        most rounds of an ascent over everyone; the samples have done most of the way
    tie_rounds          most rounds of an ascent between ties
    tie_tolerance       share of the bound that prices between ties are sought to
    astray              given prices are too far from the best when a sample's own are better by more than so many times
                        what chance explains
    crowded             share of a sample's units that its best prices leave astray where customers are crowded
    alike               share of customers with an exact double above which customers count as crowded at once
    jitters             shares of the spread between good boxes by which scores are jittered, one after the other
    counted             customers whose alternatives the hessian is counted on: the first ones, a fair sample
    alternatives        good boxes looked at of each of them
    per_row             alternatives per price that make a good estimate
    dense_rows          up to so many prices, the hessian is a dense matrix

    Integer programmes
    most_choices        most choices looked at for one programme (at least two per customer)
    most_customers      most customers that one programme decides on
    split_customers     most customers of the LP that is rounded, where there are many
    near_choices        choices beyond everyone's best in a first pool, and most that one turn of column generation adds
    more_choices        choices that a customer adds whose best box is not in the pool
    nodes               most branch-and-bound nodes of one programme: a limit that no machine's speed changes
    exact_choices       up to so many choices CP-SAT decides, exact to the micro-point
    first_choices       choices beyond everyone's best in the first programme; each further one takes twice as many
    last_choices        most choices beyond everyone's best of any integer programme
    choosing_work       deterministic time of one CP-SAT programme, about seconds
    rounding_work       the same where an LP is rounded
    column_turns        most turns of column generation over everyone
    more_column_turns   most turns of it after the first programme, where that leaves a wide gap
    rings               customers beside the split ones, and choices beyond everyone's best, of each rounding of an LP

    Laminar rules
    laminar_all_pairs   up to so many pairs, shortlists hold all of them
    laminar_listed      items on a shortlist, at least; more for large boxes
    laminar_few         up to so many customers, prices start from nothing
    laminar_sample      beyond, from a sample of one customer in so many
    laminar_many        one flagged customer in so many is many: lists are made longer for everyone
    laminar_turns       most turns of swaps and longer lists
    swap_steps          steps of units between two looks at the clock
    first_swaps         swaps looked at first, at least
    most_swaps          most swaps on the heaps at a time
    """

    small: int = 3_000
    few_customers: int = 5_000
    many_customers: int = 50_000
    good_gap: float = 1e-6
    well_gap: float = 1e-5
    fair_gap: float = 1e-4
    tied_gap: float = 3e-5
    slow: float = 0.7
    programmes: int = 5

    all_pairs: int = 4_000_000
    listed: int = 32
    spare: int = 8
    kept: int = 60_000
    block_pairs: int = 1_000_000

    samples: tuple[int, ...] = (2_000, 20_000)
    sample_rounds: int = 30
    rough: float = 0.02
    fine: float = 3e-9
    coarse: float = 1e-6
    first_rounds: int = 12
    tie_rounds: int = 6
    tie_tolerance: float = 1e-8
    astray: float = 2.0
    crowded: float = 0.01
    alike: float = 0.02
    jitters: tuple[float, ...] = (0.3, 0.12, 0.05)
    counted: int = 20_000
    alternatives: int = 4
    per_row: int = 30
    dense_rows: int = 1_500

    most_choices: int = 40_000
    most_customers: int = 30_000
    split_customers: int = 2_000
    near_choices: int = 4_000
    more_choices: int = 6
    nodes: int = 60
    exact_choices: int = 3_000
    first_choices: int = 2_000
    last_choices: int = 16_000
    choosing_work: float = 3.0
    rounding_work: float = 2.0
    column_turns: int = 30
    more_column_turns: int = 10
    rings: tuple[tuple[int, int], ...] = ((0, 400), (20, 600), (80, 1_200))

    laminar_all_pairs: int = 2_000_000
    laminar_listed: int = 24
    laminar_few: int = 1_500
    laminar_sample: int = 12
    laminar_many: int = 50
    laminar_turns: int = 30
    swap_steps: int = 1_000
    first_swaps: int = 200_000
    most_swaps: int = 6_000_000


STANDARD = Effort()
"""What `solve` does unless told otherwise; measured by `python -m benchmarks.packing`."""
