"""Backup and restore of the database and the files together. The keys stay outside, unless somebody asks for them.

A backup is a folder: manifest.json, the database, files.sha256 and files/. `sha256sum --check files.sha256` reads it without us.
"""
