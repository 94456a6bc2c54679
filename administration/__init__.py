"""What an administrator may change, the effects of each change, imports, staff, the draft of the form."""
