"""The consoles of batches, objections, standards and payment runs, and the public page of a batch."""
