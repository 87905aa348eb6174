"""The samples for production do what they say, judged by the programs they are for."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from idp.cli.demo_ca import DemoCA
from idp.cli.safety import CANNOT_START
from tests.cli.test_safety import NOW

CONF = Path(__file__).parents[2] / "conf"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@pytest.mark.slow
def test_nginx_understands_its_sample(tmp_path: Path) -> None:
    assert NGINX is not None
    ca = DemoCA(tmp_path / "tls")
    ca.prepare(NOW)
    sample = (CONF / "nginx/warifu.conf").read_text()
    sample = sample.replace("/etc/warifu/tls/idp.crt", str(ca.server_certificate_file))
    sample = sample.replace("/etc/warifu/tls/idp.key", str(ca.server_key_file))
    sample = sample.replace("/var/log/nginx", str(tmp_path))
    sample = sample.replace("listen 443 ssl;", "listen 127.0.0.1:18443 ssl;")
    sample = sample.replace("    listen [::]:443 ssl;\n", "")
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = tmp_path / "nginx.conf"
    main.write_text(f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{folders}{sample}\n}}\n")

    done = subprocess.run(
        [NGINX, "-t", "-p", str(tmp_path), "-c", str(main)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_the_proxy_passes_on_the_address_it_saw_and_no_other() -> None:
    sample = (CONF / "nginx/warifu.conf").read_text()

    assert "proxy_set_header X-Forwarded-For $remote_addr;" in sample
    assert "$proxy_add_x_forwarded_for" not in sample
    assert "$request_uri" not in sample
    assert '"$request_method $uri"' in sample


def test_the_unit_does_not_start_again_what_may_not_be_served() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read(CONF / "systemd/warifu.service")

    assert unit["Service"]["RestartPreventExitStatus"] == str(CANNOT_START)
    assert unit["Service"]["ExecStart"].endswith("warifu serve --conf /etc/warifu")
    assert unit["Service"]["LimitCORE"] == "0"


def test_the_unit_allows_what_the_certificate_listener_needs() -> None:
    """pyOpenSSL's callbacks need memory that can be written and executed; without it no TLS would be served."""
    unit = (CONF / "systemd/warifu.service").read_text()

    assert "\nMemoryDenyWriteExecute" not in unit
