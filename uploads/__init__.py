"""Uploaded files: permitted kinds, inspection, storage and download.

Never decides who may see a file: the caller checks the scope (workflow/scope.py) before it calls this package.
"""
