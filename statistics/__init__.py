"""Statistics (W11): how many, how long, and why returned. Pages read sums; workflow/ knows nothing of them.

A directory of this name hides Python's module `statistics`; nothing that the site uses imports that one.
"""
