#!/bin/sh
# Runs once, when the database is new: the relays' role, which is no superuser and cannot read over row-level security, and its database.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$(cat /run/secrets/postgres_relay)" --username postgres --dbname postgres <<'SQL'
CREATE ROLE relay LOGIN PASSWORD :'password';
CREATE DATABASE joinery OWNER relay;
REVOKE CONNECT ON DATABASE joinery FROM PUBLIC;
SQL
