"""Statistics (W11): how many, how long, and why returned. Pages read sums; workflow/ knows nothing of them.

Not called `statistics`: a room of that name would hide Python's module from every library that needs it.
"""
