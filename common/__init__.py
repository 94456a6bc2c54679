"""What every subject needs and none owns: refusals, wording, dates, identity numbers, settings, messages, the audit trail."""
