#!/bin/bash
# At one depth of recursion in about a hundred, every function call costs CPython 3.11 some 150 times what it costs one frame higher or lower.
#
# Software:  CPython 3.11 (3.11.2 of Debian 12, and 3.11.7), Linux. No packages: the interpreter alone.
# Guess:     calling a small Python function takes some 45 nanoseconds wherever the call stands; the depth of the stack counts for
#            nothing, or grows the cost evenly.
# Behaviour: since 3.11 the frames of Python functions lie in chunks of 16 KiB. A call whose frame does not fit into the present chunk maps
#            a new one, and its return gives the chunk back to the system at once. A loop that happens to stand at that depth pays a
#            mmap, a page fault and a munmap in every round, some 7 microseconds; adding or removing one caller makes it fast again.
# Known:     python/cpython#142183. Mended in March 2026 for 3.13 and later (gh-145789 keeps one chunk); 3.11 stays as it is.
# Cost:      a page, an import or a benchmark is slower or faster by milliseconds for no reason that a profile by function shows:
#            the same code under another decorator or middleware has another depth. Comparing two versions by the clock can measure
#            the depth in place of the change.
# Way out:   none in the program: another order only moves the edge. Compare variants at several depths, or count calls.
# Output:    (here; the depths depend on how the interpreter was built) page faults of 500 calls at depths 1 to 399:
#            500 at depths 124, 251, 378; at most 1 at all others
set -euo pipefail
python3 - <<'P'
import resource
import sys

if sys.version_info[:2] != (3, 11):
    sys.exit(f"stated for Python 3.11; this is {sys.version.split()[0]}")

CALLS = 500


def leaf(a=1, b=2, c=3, d=4, e=5, f=6, g=7, h=8, i=9, j=10, k=11, l=12):
    """A frame that is larger than that of `faults`: at each edge there is a depth at which only the latter still fits."""
    return a


def faults(depth):
    """Pages that the system hands out during 500 calls of `leaf`, made in a loop at this depth."""
    if depth:
        return faults(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(CALLS):
        leaf()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


faults(400)
seen = {depth: faults(depth) for depth in range(1, 400)}
slow = [depth for depth, count in seen.items() if count >= CALLS]
others = max(count for count in seen.values() if count < CALLS)
print(f"page faults of {CALLS} calls: {CALLS} or more at depths {slow}, at most {others} at all others")
sys.exit(not (2 <= len(slow) <= 8 and others < CALLS // 10))
P
echo 'as described'
