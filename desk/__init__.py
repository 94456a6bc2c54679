"""What a desk does around a decision: comparing submissions, marks, notes, corrections, deputies, time limits, taking back, bulk passes."""
