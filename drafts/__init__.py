"""What an applicant has typed and not saved yet, and how it is merged with what another window or device has saved."""
