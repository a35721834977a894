#!/usr/bin/env bash
# Consumes a PgQ queue: consume.sh QUEUE CONSUMER COMMAND [ARGUMENT...]
# COMMAND gets each batch on its standard input, as the JSON of one GraphQL response. When it succeeds the batch is
# finished, else its events come back after a minute. PGQ_URL is the endpoint, by default http://localhost:4000/graphql.
set -uo pipefail
url=${PGQ_URL:-http://localhost:4000/graphql}
(($# >= 3)) || {
  echo 'Usage: consume.sh QUEUE CONSUMER COMMAND [ARGUMENT...]' >&2
  exit 2
}
queue=$1 consumer=$2
shift 2

# post ACCEPT QUERY VARIABLES: the variables are JSON, the query has neither quotes nor backslashes.
post() {
  curl --silent --show-error --no-buffer --connect-timeout 10 --keepalive-time 10 "${@:4}" "$url" \
    --header 'content-type: application/json' --header "accept: $1" --data "{\"query\":\"$2\",\"variables\":$3}"
}

# settle MUTATION INPUT: tries until there is an answer. Repeating is safe: what went through is not done twice.
settle() {
  local answer
  while true; do
    answer=$(post application/json "mutation(\$input:$1" "{\"input\":$2}" --max-time 40)
    case $answer in
      *'"code":"STALE_LEASE"'*) echo "batch $batch went to another worker" >&2 && return 1 ;;
      '' | *'"code":"UNAVAILABLE"'* | *'"code":"TIMEOUT"'*) sleep 1 ;;
      *'"errors":'*) echo "$answer" >&2 && return 1 ;;
      *) return 0 ;;
    esac
  done
}

work() {
  local lease="{\"batchId\":\"$batch\",\"leaseToken\":\"$token\""
  if [[ $1 != *'"events":[]'* ]] && ! "${@:2}" <<<"$1"; then
    settle 'RetryBatchInput!){retryBatch(input:$input){eventCount}}' "$lease,\"afterSeconds\":60}" || return
  fi
  settle 'FinishBatchInput!){finishBatch(input:$input){finished}}' "$lease}" && echo "batch $batch is settled" >&2
}

subscription='subscription($input:BatchesInput!){batches(input:$input){batchId leaseToken events{eventId type data}}}'
input="{\"input\":{\"queue\":\"$queue\",\"consumer\":\"$consumer\",\"standby\":true}}"
while true; do
  # The server says something every 12 s; a connection that is silent for longer is dead.
  while IFS= read -r -t 30 line; do
    if [[ $line =~ ^data:.*\"batchId\":\"([0-9]+)\",\"leaseToken\":\"([0-9a-f-]+)\" ]]; then
      batch=${BASH_REMATCH[1]} token=${BASH_REMATCH[2]}
      work "${line#data: }" "$@"
    elif [[ $line == *'"errors":'* ]]; then
      echo "$line" >&2
      [[ $line =~ \"code\":\"(UNAVAILABLE|TIMEOUT)\" ]] || exit 1
    fi
  done < <(post text/event-stream "$subscription" "$input")
  sleep 1
done
