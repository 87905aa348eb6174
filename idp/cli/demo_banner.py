"""What is printed when the demo is up."""

from pathlib import Path

from idp.cli.demo_people import DEMO_PEOPLE
from idp.cli.demo_settings import DemoPlan


def banner(plan: DemoPlan) -> str:
    """Give addresses, accounts and what to try, in Japanese and English."""
    where = "campus / 学内" if plan.on_campus else "outside / 学外"
    people = "\n".join(
        f"    {person.username:<8} {person.password:<13} {person.note_ja} / {person.note_en}" for person in DEMO_PEOPLE
    )
    return f"""
Warifu is up / 起動しました
    try it / 接続確認            {plan.sp_url}/
    register an app / 登録       {plan.base_url}/idp/account/register
    a passkey / パスキー          {plan.base_url}/idp/account/register?method=passkey
    help desk / 窓口             {plan.base_url}/idp/helpdesk/   (midori)
    identity provider / IdP     {plan.base_url}/idp/shibboleth
    directory / ディレクトリ      ldap://127.0.0.1:{plan.port + 4}
    mail / メール                {plan.mail_folder}
    CA (for your browser)       {plan.ca.certificate_file}
    client certificates / 証明書  {plan.folder / "certificates"}
    this machine is / この端末は  {where}   (make run NETWORK=outside)

  user / ユーザ名  password
{people}

  What taro's app shows now / taro のアプリの数字:   {plan.cli} demo-code taro{_folder(plan)}
  or put the key into an app of yours (totp_key in / アプリに登録する鍵) {plan.accounts_file}
  Service providers: drop metadata into / SPのメタデータを置く {plan.conf / "metadata"}
  Everything for scripts / スクリプト用: {plan.folder / "demo.json"}
  Ctrl-C ends it / Ctrl-C で終了
"""


def _folder(plan: DemoPlan) -> str:
    return "" if plan.folder == Path("var/demo").absolute() else f" --folder {plan.folder}"
