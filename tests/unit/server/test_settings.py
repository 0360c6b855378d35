"""Settings: read in one place, typed, checked, and each with its words."""

import pytest

from server.settings import DEMO_SECRET, SETTINGS, Settings, SettingsError

SECRET = "0123456789abcdef"


def test_an_empty_environment_means_sqlite_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings.home == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/yuetan.sqlite3"
    assert settings.timezone == "Asia/Shanghai"


def test_every_setting_has_its_words_in_both_languages():
    for setting in SETTINGS:
        assert setting.variable.startswith("YUETAN_")
        assert setting.zh
        assert setting.en
    assert {"YUETAN_SECRET_KEY", "YUETAN_PUBLIC_URL", "YUETAN_WECHAT_BASE_URL"} <= {s.variable for s in SETTINGS}


def test_values_are_read_as_what_they_are():
    settings = Settings.from_env(
        {"YUETAN_PORT": "8080", "YUETAN_DEMO": "1", "YUETAN_OLD_SECRET_KEYS": "a, b,",
         "YUETAN_PUBLIC_URL": "https://x.example/", "YUETAN_WORKERS": "", "YUETAN_NOT_OURS": "1", "HOME": "/"}
    )  # fmt: skip
    assert (settings.port, settings.demo, settings.old_secret_keys) == (8080, True, ("a", "b"))
    assert settings.public_url == "https://x.example"
    assert settings.workers == Settings().workers


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "0"), ("PORT", "x"), ("TIMEZONE", "Mars/Base"), ("TIMEZONE", "../etc"), ("PUBLIC_URL", "example.com"),
     ("PUBLIC_URL", "ftp://x"), ("LOG_LEVEL", "LOUD"), ("LOG_FORMAT", "xml"), ("DEMO", "perhaps"),
     ("WECHAT_BASE_URL", "javascript:1")],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_named(name, value):
    with pytest.raises(SettingsError, match=f"YUETAN_{name}"):
        Settings.from_env({f"YUETAN_{name}": value})


def test_the_short_names_of_postgresql_mean_psycopg():
    for short in "postgres://u@h/d", "postgresql://u@h/d":
        assert Settings(database_url=short).database_url == "postgresql+psycopg://u@h/d"


@pytest.mark.parametrize("secret", ["", "short", "changeme", "change-me-please", DEMO_SECRET])
def test_a_missing_short_or_default_secret_is_refused(secret):
    with pytest.raises(SettingsError, match="YUETAN_SECRET_KEY"):
        Settings(secret_key=secret).check_secret()


def test_the_demo_may_use_its_own_and_any_server_a_good_one():
    Settings(demo=True).check_secret()
    Settings(secret_key=SECRET).check_secret()
