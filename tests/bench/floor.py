"""The floor that ingest is held against: a bare Flask route that does the least that could be called the same.

It parses the same JSON, looks the bearer's session up, and writes the same rows (visit, judgement, the visitor's
presence history, duty, village count, card, ledger) in raw SQL with one COMMIT. It checks nothing, judges nothing,
seals nothing and reads nothing back; its history is only as large as what this request adds to one.
Served by gunicorn with the same configuration: `BENCH_URL` says which database.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import threading
import uuid
from typing import Any

from flask import Flask, request

URL = os.environ.get("BENCH_URL", "")
POSTGRES = URL.startswith("postgresql")
app = Flask(__name__)
_local = threading.local()


def connection() -> Any:
    """One connection per thread, as a pool would hand it out."""
    if not hasattr(_local, "made"):
        if POSTGRES:
            import psycopg

            _local.made = psycopg.connect(URL.replace("postgresql+psycopg", "postgresql"))
        else:
            path = URL.removeprefix("sqlite:///")
            _local.made = sqlite3.connect(path, timeout=30, isolation_level=None)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                _local.made.execute(f"PRAGMA {pragma}")
    return _local.made


def sql(text: str) -> str:
    return text if POSTGRES else text.replace("%s", "?")


def key(text: str) -> Any:
    return uuid.UUID(text) if POSTGRES else uuid.UUID(text).hex


def fresh() -> Any:
    return uuid.uuid4() if POSTGRES else uuid.uuid4().hex


SESSION = sql("SELECT user_id, revoked_at FROM auth_sessions WHERE id = %s")
VISIT = sql(
    "INSERT INTO visits (county_id, id, elder_id, region_id, visitor_id, channel, outcome, started_at, start, stay_s,"
    " proved, received_at, late, assurance, flags, counts, content, raw)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true, %s, %s, %s, %s, %s, %s, %s)"
)
JUDGEMENT = sql(
    "INSERT INTO judgements (county_id, id, visit_id, at, rule_version, policy_id, policy_version, assurance, flags,"
    " inputs) VALUES (%s, %s, %s, %s, 1, 'universal', 1, 'verified', '[]', %s)"
)
HISTORY = sql(
    "INSERT INTO presence_histories (county_id, id, kind, data, changed_at) VALUES (%s, %s, 'visitor', %s, %s)"
    " ON CONFLICT (county_id, id) DO UPDATE SET data = excluded.data, changed_at = excluded.changed_at"
)
TRACE_BYTES = 130
DUTY = sql("UPDATE duties SET done = done + 1, state = 'visited' WHERE county_id = %s AND elder_id = %s")
COUNT = sql("UPDATE village_counts SET visited = visited + 1 WHERE county_id = %s AND region_id = %s")
CARD = sql(
    "UPDATE elder_cards SET version = version + 1, last_visit_id = %s, last_visit_at = %s"
    " WHERE county_id = %s AND elder_id = %s"
)
TRANSACTION = sql(
    "INSERT INTO time_transactions (county_id, id, kind, key, at, month, visit_id, memo)"
    " VALUES (%s, %s, 'earn', %s, %s, %s, %s, '')"
)
POSTING = sql(
    "INSERT INTO postings (county_id, id, transaction_id, account_id, bucket, minutes)"
    " VALUES (%s, %s, %s, %s, 'pending', %s)"
)
BALANCE = sql("UPDATE balances SET minutes = minutes + %s WHERE county_id = %s AND account_id = %s")


@app.post("/api/v1/sync/visits")
def visits() -> Any:
    body = json.loads(request.get_data())
    session_id, county_text, region, account, service = request.headers["X-Bench"].split(",")
    db = connection()
    cursor = db.cursor()
    if not POSTGRES:
        cursor.execute("BEGIN IMMEDIATE")
    user_id, _ = cursor.execute(SESSION, (key(session_id),)).fetchone()
    county = int(county_text)
    now = dt.datetime.now(dt.UTC)
    at = now if POSTGRES else now.replace(tzinfo=None).isoformat(" ")
    month = now.date().replace(day=1)
    month = month if POSTGRES else month.isoformat()
    rows = []
    for item in body["visits"]:
        start = dt.datetime.fromisoformat(item["started_at"]).astimezone(dt.UTC)
        start = start if POSTGRES else start.replace(tzinfo=None).isoformat(" ")
        rows.append((key(item["id"]), key(item["elder_id"]), start, json.dumps(item).encode(), fresh()))
    cursor.executemany(VISIT, [
        (county, i, e, int(region), user_id, "home", "met", s, s, 1200, at, False, "verified", "[]", True, b"x" * 32,
         raw)
        for i, e, s, raw, _ in rows
    ])  # fmt: skip
    cursor.executemany(JUDGEMENT, [(county, fresh(), i, at, raw) for i, _, _, raw, _ in rows])
    cursor.execute(HISTORY, (county, user_id, os.urandom(TRACE_BYTES * len(rows)), at))
    cursor.executemany(DUTY, [(county, e) for _, e, _, _, _ in rows])
    cursor.execute(COUNT, (county, int(region)))
    cursor.executemany(CARD, [(i, s, county, e) for i, e, s, _, _ in rows])
    cursor.executemany(TRANSACTION, [(county, t, f"earn:{i}", at, month, i) for i, _, _, _, t in rows])
    for of, sign in ((account, 1), (service, -1)):
        cursor.executemany(POSTING, [(county, fresh(), t, key(of), sign * 20) for _, _, _, _, t in rows])
        cursor.execute(BALANCE, (sign * 20 * len(rows), county, key(of)))
    if POSTGRES:
        db.commit()
    else:
        cursor.execute("COMMIT")
    return {"results": [{"id": item["id"], "status": "accepted"} for item in body["visits"]]}
