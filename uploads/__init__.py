"""Files from outside: what may come in, whether it is what it says, where it lies, how it goes out again.

Never decides who may see a file: the caller has asked workflow's scope before it comes here.
"""
