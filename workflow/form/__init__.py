"""The form of an application: fields, versions, answers."""
