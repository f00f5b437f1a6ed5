#!/bin/sh
# Draws what this fleet keeps secret, once: into a folder that only you can enter. The files in it can be read, since each container reads
# those that it is given as nobody in particular.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir secrets
cd secrets
draw() { openssl rand -hex 32 | tr -d '\n'; }
relay="$(draw)"
redis="$(draw)"
draw > joinery_secret
draw > metrics_token
draw > postgres_superuser
printf '%s' "$relay" > postgres_relay
printf 'postgres://relay:%s@postgres:5432/joinery' "$relay" > joinery_store
printf 'redis://:%s@redis:6379/0' "$redis" > joinery_bus
# Hints and presence pass through it, and nothing of it is worth a disk.
printf 'requirepass %s\nsave ""\nappendonly no\nmaxmemory 256mb\n' "$redis" > redis_conf
chmod 444 -- *
