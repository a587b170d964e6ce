# Sourced by the commands at the top of the tree: set-up, then build into build/dev.
# A machine without anything takes minutes here, a warm one seconds.
./setup
[ ! -d .venv ] || export VIRTUAL_ENV=$PWD/.venv PATH=$PWD/.venv/bin:$PATH
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

# Keeps what `$@` prints to itself unless it fails.
quietly() {
  local log
  log=$(mktemp)
  "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    rm -f "$log"
    return 1
  }
  rm -f "$log"
}

echo "building into build/dev"
quietly cmake --preset dev -Wno-dev
if [ -t 1 ]; then
  cmake --build --preset dev
else
  cmake --build --preset dev -- --quiet
fi
