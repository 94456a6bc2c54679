#!/bin/bash
# At one depth of recursion in about eighty, every function call costs CPython 150 times what it costs one frame higher or lower.
#
# Software:  CPython 3.11 (3.11.2 of Debian 12, and 3.11.7), Linux. No packages: the interpreter alone.
# Guess:     calling a small Python function takes some 45 nanoseconds wherever the call stands; the depth of the stack counts for
#            nothing, or grows the cost evenly.
# Behaviour: the frames of Python functions lie in chunks of 16 KiB. A call whose frame does not fit into the present chunk maps a new
#            one, and its return gives the chunk back to the system at once: mmap and munmap for each call. A loop that happens to
#            stand at that depth pays 7 microseconds a call, in every round; adding or removing one caller, or one local variable of a
#            caller, makes it fast again.
# Cost:      a page, an import or a benchmark is slower or faster by milliseconds for no reason that a profile by function shows:
#            the same code under another decorator or middleware has another depth. 2,000 such calls were found in one start of an
#            application, a hundredth of its time. Comparing two versions by the clock can measure the depth in place of the change.
# Way out:   none in the program that lasts: another import order only moves the edge. Compare variants at several depths, or count calls.
# Output:    (example) slow depths 5 of 399, each 150 to 165 times the usual cost, 78 apart
set -euo pipefail
python3 - <<'P'
import statistics
import sys
import time

if sys.version_info[:2] != (3, 11):
    sys.exit(f"stated for Python 3.11; this is {sys.version.split()[0]}")


def leaf(one, two, three, four, five, six, seven, eight):
    return one


def cost(depth, calls=2000):
    """CPU seconds of a call of `leaf`, made in a loop at this depth, the best of five."""
    if depth:
        return cost(depth - 1, calls)
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        for _ in range(calls):
            leaf(1, 2, 3, 4, 5, 6, 7, 8)
        best = min(best, time.process_time() - begun)
    return best / calls


costs = [cost(depth) for depth in range(1, 400)]
usual = statistics.median(costs)
slow = [(depth, round(each / usual)) for depth, each in enumerate(costs, 1) if each > 20 * usual]
apart = {later - earlier for (earlier, _), (later, _) in zip(slow, slow[1:])}
print(f"slow depths {len(slow)} of {len(costs)}, times the usual cost: {[ratio for _, ratio in slow]}, apart: {sorted(apart)}")
sys.exit(not (3 <= len(slow) <= 8 and len(apart) == 1))
P
