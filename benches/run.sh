#!/usr/bin/env bash
# Measures the encoder against ONNX Runtime on the same weights, and the engine end to end.
#   benches/run.sh [--quick] [--out FILE]
# Writes FILE (default benches/results/<date>.json) and the table beside it. Python packages go into an environment of
# their own under the target folder.
set -euo pipefail
cd "$(dirname "$0")/.."
out="benches/results/$(date +%F).json"
quick=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=(--quick) ;;
    --out) out="$2"; shift ;;
    *) echo "usage: benches/run.sh [--quick] [--out FILE]" >&2; exit 2 ;;
  esac
  shift
done
target="${CARGO_TARGET_DIR:-target}"
cargo build --release --bin superbill
built() { # the executable of a bench
  cargo bench --no-run --bench "$1" --message-format json 2>/dev/null |
    python3 -c 'import json,sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("executable") and m.get("target", {}).get("name") == sys.argv[1]: print(m["executable"])' "$1" | tail -1
}
worker="$(built encoder)"
engine="$(built engine)"
environment="$target/bench-python"
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --requirement benches/peer/requirements.txt
exec "$environment/bin/python" benches/peer/compare.py --worker "$worker" --engine "$engine" \
  --superbill "$target/release/superbill" --out "$out" "${quick[@]}"
