"""What a desk does around a decision: comparing submissions, correcting names."""
