"""Backups of a relay's folder: made while it serves, checked after writing, restored into an empty folder.

store/        a checkpoint of the store
blobs/        the files that the store knows, as far as it knows them
config/       the kept configurations
backup.json   written last: what is in it
"""
