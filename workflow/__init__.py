"""What the project exists for: the procedure of the guide. Knows neither a request nor a template."""
