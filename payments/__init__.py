"""What follows a final pass: batches, publicity, objections, standards, grants and payment runs. Knows no flask."""
