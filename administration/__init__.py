"""What an administrator may change, what each change sets off, imports, staff, the draft of the form."""
