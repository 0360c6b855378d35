import pytest


@pytest.fixture
def environment(own_app, own_url, monkeypatch) -> dict[str, str]:
    """What a command needs to reach the module's own database; set for this process too."""
    settings = own_app.extensions["yuetan_settings"]
    values = {
        "YUETAN_DATABASE_URL": own_url, "YUETAN_HOME": str(settings.home), "YUETAN_SECRET_KEY": settings.secret_key,
        "YUETAN_LOG_FORMAT": "json",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values
