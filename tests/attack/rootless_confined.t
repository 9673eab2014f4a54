#!/usr/bin/env bash
# C03, C19, C20, C21 without a grant: a job is confined as a granted user's is: the same masks, mounts,
# devices, capabilities in every set, filters and golden errnos. What is named below wants another id.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"

without_grant range attack/c03_proc
without_grant range attack/c19_caps
without_grant range attack/c20_devices
without_grant range attack/c21_mounts
without_grant one attack/c19_caps
without_grant one attack/c21_mounts 'C21 -u 1000 host: '
done_testing
