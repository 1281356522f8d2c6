#!/usr/bin/env bash
# Where `ansible-playbook --check` breaks and a plan does not.
exec bash "${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/bench/ansible/compare"
