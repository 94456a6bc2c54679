"""Secrets for an installation."""

import click

from config import new_secrets


@click.command("generate-keys")
def generate_keys() -> None:
    """Print fresh secrets for a production environment. They are stored nowhere."""
    for name, value in new_secrets().items():
        click.echo(f"TALENT_{name}={value}")
