"""The questions of an application: fields, versions, answers and the rules of a version."""
