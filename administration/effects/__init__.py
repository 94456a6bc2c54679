"""The effects of an administrator's change, shown before it is confirmed."""
