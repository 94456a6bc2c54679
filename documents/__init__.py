"""Files made from applications and lists: forms, dossiers, notices of decision, archives, exports. Knows no flask."""
