#!/usr/bin/env bash
# Builds both images and runs them as they are deployed (uid 1654, read-only root, no capabilities, 512 MB), on a Debian
# machine that reaches neither an engine nor a registry of images. As root:
#   apt-get install -y podman runc debootstrap docker-registry jq curl && deploy/try-image.sh
# A visitor of the web chat must get an answer. The base image is a stand-in for mcr.microsoft.com/dotnet/runtime-deps: Debian,
# with the stores for the trial. (Where a nested podman may not raise limits: CONTAINERS_CONF with default_ulimits.)
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d) pod=chat-try base=localhost:5000/try/runtime-deps:10.0 server=
end() {
  podman pod rm --force "$pod" >/dev/null 2>&1 || true
  [ -z "$server" ] || kill "$server"
  rm -rf "$work"
}
trap end EXIT
step() { printf '== %s\n' "$*"; }

step "A base image"
debootstrap --variant=minbase --include=ca-certificates,tzdata,openssl,postgresql,redis-server "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/root" >"$work/log" 2>&1 || { tail -5 "$work/log"; exit 1; }
chroot "$work/root" useradd --uid 1654 app
tar -C "$work/root" -c . | podman import -c 'ENV APP_UID=1654' -c 'ENV ASPNETCORE_HTTP_PORTS=8080' -c 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$base" >/dev/null 2>&1
printf 'version: 0.1\nstorage: { filesystem: { rootdirectory: %s/registry } }\nhttp: { addr: 127.0.0.1:5000 }\n' "$work" >"$work/registry.yaml"
docker-registry serve "$work/registry.yaml" >"$work/log" 2>&1 &
server=$!
curl -s --retry 20 --retry-connrefused --retry-delay 1 localhost:5000/v2/ >/dev/null
podman push -q --tls-verify=false "$base"

for image in ApiService:chat-api Worker:chat-worker; do
  step "${image#*:}"
  LockPackages=true dotnet publish "ChatOrchestrator.${image%:*}" -c Release -v q --nologo -t:PublishContainer -p:ContainerRepository="${image#*:}" -p:ContainerImageTag=try \
    -p:ContainerBaseImage="$base" -p:ContainerRegistry=localhost:5000 >"$work/log" 2>&1 || { tail -20 "$work/log"; exit 1; }
  podman pull -q --tls-verify=false "localhost:5000/${image#*:}:try"
done

step "Run"
podman pod create --name "$pod" -p 127.0.0.1::8080 >/dev/null
podman run -d --pod "$pod" --name "$pod-stores" "$base" sh -c 'redis-server --save "" & mkdir -p /run/postgresql && chown postgres /run/postgresql
  exec setpriv --reuid postgres --regid postgres --clear-groups sh -c "/usr/lib/postgresql/*/bin/initdb -D /tmp/pg -U chat --auth trust && exec /usr/lib/postgresql/*/bin/postgres -D /tmp/pg"' >/dev/null
key=$(openssl rand -hex 24)
as_deployed=(--pod "$pod" --user 1654 --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --memory 512m
  -e "ConnectionStrings__chatdb=Host=127.0.0.1;Username=chat;Database=postgres" -e ConnectionStrings__redis=127.0.0.1:6379 -e "Admin__ApiKey=$key"
  -e "DataProtection__Key=$(openssl rand -base64 32)" -e Storage__MigrateAtStart=false)
podman run --rm "${as_deployed[@]}" localhost:5000/chat-api:try migrate
podman run -d "${as_deployed[@]}" --name "$pod-api" localhost:5000/chat-api:try >/dev/null
podman run -d "${as_deployed[@]}" --name "$pod-worker" -e ASPNETCORE_HTTP_PORTS=8081 localhost:5000/chat-worker:try >/dev/null

host=http://$(podman port "$pod-stores" 8080)
call() { curl -sS --fail-with-body -H "X-Api-Key: $key" -H 'Content-Type: application/json' "$@"; }
for _ in $(seq 60); do curl -sf "$host/health/ready" >/dev/null && break || sleep 1; done
bot=$(call "$host/api/v1/bots" -d '{"name":"Try"}' | jq -r .id)
connection=$(call "$host/api/v1/bots/$bot/connections" -d '{"platform":"webchat","displayName":"Try"}' | jq -r .id)
token=$(call -X POST "$host/webchat/$connection/sessions" | jq -r .token)
call -H "Authorization: Bearer $token" "$host/webchat/$connection/messages" -d '{"text":"Is anybody there?","clientMessageId":"1"}' >/dev/null
conversation=$(call "$host/api/v1/conversations" | jq -r '.items[0].id')
for _ in $(seq 30); do
  messages=$(call "$host/api/v1/conversations/$conversation/messages" | jq -r '.items[].text')
  [ "$(wc -l <<<"$messages")" -lt 2 ] || break
  sleep 1
done
echo "$messages"
for process in api worker; do
  podman exec "$pod-$process" sh -c 'id; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/1/status; touch /app/x 2>&1; ls /app/*.cdx.json'
done
podman stop -t 60 "$pod-worker" "$pod-api" >/dev/null
codes=$(podman inspect "$pod-worker" "$pod-api" --format '{{.State.ExitCode}}' | tr '\n' ' ')
echo "Exit codes after SIGTERM: $codes"
[ "$(wc -l <<<"$messages")" -ge 2 ] && [ "$codes" = "0 0 " ]
