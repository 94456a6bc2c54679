"""Creates the first administrator of an installation, or another one when no administrator can log in."""

import re

import click
from flask.cli import with_appcontext

from accounts import logins, passwords
from administration import changes
from common.errors import ChangedMeanwhile
from models import Role

LOGIN = re.compile(r"[0-9A-Za-z_.]{3,60}")
SHORTEST = 12
"""Characters. This account has the most rights, so its password is longer than others."""


@click.command("create-admin")
@click.option("--login", prompt="登录名 / login")
@click.option("--name", prompt="姓名 / name")
@with_appcontext
def create_admin(login: str, name: str) -> None:
    """Create an administrator. Prompts for the password twice, hidden; no option takes it, because process lists would show it."""
    login, name = login.strip(), " ".join(name.split())
    if fault := _fault(login, name):
        raise click.ClickException(fault)
    password = click.prompt("密码 / password", hide_input=True, confirmation_prompt="再输入一次 / again")
    if fault := _weakness(login, password):
        raise click.ClickException(fault)
    account = logins.new_account(Role.ADMINISTRATOR, login, name, password)
    try:
        changes.add_from_command_line(account)
    except ChangedMeanwhile:
        raise click.ClickException(f"登录名 {login} 已存在 / the login is taken") from None
    click.echo(
        f"系统管理员 {name}（{login}）已建立，请从“工作人员入口”进入。 / The administrator can log in."
    )


def _fault(login: str, name: str) -> str:
    """Return the fault of login or name; "" for none."""
    if not LOGIN.fullmatch(login):
        return "登录名为 3 位以上的字母、数字、下划线或点 / login: three or more letters, digits, _ or ."
    if not 0 < len(name) <= 60:
        return "请填写姓名，最多 60 个字 / a name of at most 60 characters is needed"
    if logins.find("staff", login) is not None:
        return f"登录名 {login} 已存在 / the login is taken"
    return ""


def _weakness(login: str, password: str) -> str:
    """Return why a password is too weak for this account; "" when it is strong enough."""
    if len(password) < SHORTEST:
        return f"系统管理员的密码至少 {SHORTEST} 位 / the password needs {SHORTEST} characters"
    if len(set(password)) < SHORTEST // 2:
        return "密码重复的字符太多 / too few different characters"
    if login.casefold() in password.casefold():
        return "密码不能包含登录名 / the password must not contain the login"
    return passwords.password_fault(password)
