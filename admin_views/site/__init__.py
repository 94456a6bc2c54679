"""The parts that every page shares: frame, wording, lists, languages, errors, form submissions."""
