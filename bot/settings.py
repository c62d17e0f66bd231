"""Settings come from the environment (``HOTLINE_…``); ``hotline settings`` lists every one with its meaning."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

PROJECT_DIR = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """One field per setting; its description is what ``hotline settings`` and docs/operators.md say."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 chooses a free one.")
    public_url: str = Field(
        "", description="Address businesses see, without a slash at the end; made of host and port when empty."
    )
    data_dir: Path = Field(PROJECT_DIR / "data", description="Folder of the SQLite file, the generated key and caches.")
    database_url: str = Field(
        "",
        description="SQLAlchemy address (postgresql+asyncpg://… or sqlite+aiosqlite://…); SQLite in the data folder when empty.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs the tokens of secret links; at least 32 characters. Made by itself on the default SQLite.",
    )
    demo_password: SecretStr = Field(
        SecretStr(""), description="Password of the demonstration staff; generated when empty."
    )
    nlu_data_dir: Path = Field(PROJECT_DIR / "nlu_data", description="Folder of the articles and dialogue files.")
    dense_model: str = Field(
        "",
        description="Installed spaCy package, or folder of one, whose word vectors help to understand messages.",
    )
    workers: int = Field(1, ge=1, le=64, description="Worker processes that take turns.")
    training_pause_s: float = Field(
        20.0, ge=0, description="A training begins when the knowledge base has been left alone for so long."
    )
    turn_timeout_s: float = Field(
        10.0, gt=0, description="A turn that takes longer is tried once more, then handed to a person."
    )
    turn_lease_s: float = Field(
        30.0, gt=0, description="After so long another process may take over an unfinished turn."
    )
    max_inquiries_per_hour: int = Field(60, description="New inquiries from one address per hour; 0: no limit.")
    max_messages_per_minute: int = Field(30, description="Messages of one inquiry per minute; 0: no limit.")
    max_messages_per_address: int = Field(300, description="Messages from one address per minute; 0: no limit.")
    max_open_per_inquiry: int = Field(
        10, description="Sockets and waiting reads of one inquiry at a time; 0: no limit."
    )
    max_open_per_address: int = Field(
        200,
        description="Sockets and waiting reads of inquirers from one address (IPv6: one /64) at a time; 0: no limit.",
    )
    max_open_per_session: int = Field(
        20, description="Event streams and waiting reads of one staff session at a time; 0: no limit."
    )
    max_frames_per_minute: int = Field(
        300, description="Frames of one inquiry over its sockets, and marks of what was read, per minute; 0: no limit."
    )
    idle_timeout_s: float = Field(
        30.0,
        gt=0,
        description="A connection on which no whole request begins for so long is closed; a proxy must let go earlier.",
    )
    body_timeout_s: float = Field(20.0, gt=0, description="A request whose body takes longer to arrive is refused.")
    max_sign_ins_per_quarter: int = Field(
        10,
        description="Sign-in attempts for one e-mail from one network, or in one browser known to it, per 15 minutes; "
        "5 times as many from one network, 20 times as many for one e-mail from everywhere. 0: no limit.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto count, comma-separated.",
    )
    telegram_token: SecretStr = Field(SecretStr(""), description="Token of the Telegram bot; empty: no Telegram.")
    telegram_municipality: str = Field("0000", description="Municipality whose Telegram bot it is.")
    telegram_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret of the webhook; set it to receive updates by webhook at /telegram, else long polling.",
    )
    telegram_api_url: str = Field("https://api.telegram.org", description="Address of the Bot API server.")
    telegram_timeout_s: float = Field(
        10.0, gt=0, description="A call to the Bot API that takes longer is given up and tried again."
    )
    link_days: int = Field(365, description="A secret link works for so many days after the inquiry's last message.")
    reopen_days: int = Field(14, description="A message reopens a resolved inquiry within so many days.")
    file_after_h: float = Field(24.0, description="An inquiry only the bot handled is filed after so many quiet hours.")
    session_hours: int = Field(12, description="A staff session ends after so many hours without use.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def is_default_sqlite(self) -> bool:
        return not self.database_url

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'hotline.sqlite3'}"

    @property
    def base_url(self) -> str:
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def has_key_file(self) -> bool:
        return (self.data_dir / "secret_key").exists()

    def make_data_dir(self) -> None:
        """The data folder exists, and what this process makes from now on only its own account may read."""
        os.umask(0o077)
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = [*self.data_dir.glob("hotline.sqlite3*"), *self.data_dir.glob("models/*"), self.data_dir / "secret_key"]
        for file in files:
            # Another account's file is not ours to change: `hotline doctor` tells of it.
            with contextlib.suppress(OSError):
                if file.is_file() and file.stat().st_mode & 0o077:
                    file.chmod(0o600)

    @property
    def is_https(self) -> bool:
        """Whether businesses see an https address; a proxy ends TLS then, since this server speaks none."""
        return self.public_url.lower().startswith("https://")

    def key(self) -> bytes:
        """The secret key; made and kept in the data folder (mode 600) on the default SQLite, required elsewhere."""
        given = self.secret_key.get_secret_value()
        if given:
            if len(given) < 32:
                raise SettingsError("HOTLINE_SECRET_KEY is shorter than 32 characters")
            return given.encode()
        if not self.is_default_sqlite:
            raise SettingsError("HOTLINE_SECRET_KEY is required when HOTLINE_DATABASE_URL is set")
        path = self.data_dir / "secret_key"
        self.make_data_dir()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip().encode()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        return path.read_text().strip().encode()
