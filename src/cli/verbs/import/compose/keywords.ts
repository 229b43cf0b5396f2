/**
 * The keywords of docker compose files, with what `import` does with each.
 *
 * @module
 */

import { type KeywordTable, rowsOf } from "../keyword.ts";

const CONTAINER = "only ports are imported: containers are run by docker";

/** All keywords. */
export const COMPOSE_KEYWORDS: KeywordTable = {
  program: "docker compose",
  rows: [
    ...rowsOf(
      "a file",
      ["imported", "services", "read"],
      ["imported", "name", "read"],
      ["imported", "version", "read"],
      ["left-out", "networks volumes configs secrets models", CONTAINER],
      ["changed", "include", "other files are not read: import each of them"],
    ),
    ...rowsOf(
      "a service",
      ["imported", "ports", "bind, accept: { connect } to the name of the service"],
      ["changed", "extends", "the ports of the other service are not read: write them into this one"],
      ["refused", "network_mode", "docker publishes no ports in the mode host; other modes have no effect"],
      ["changed", "scale", "connect uses the addresses of the name in turn"],
      [
        "left-out",
        "healthcheck",
        "the state of a target follows from its connections; the nearest is sethealth: { probe: all }",
      ],
      ["left-out", "depends_on", "a listener starts without its target"],
      [
        "left-out",
        "annotations attach build blkio_config cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent cpu_shares cpu_quota " +
        "cpu_period cpu_rt_period cpu_rt_runtime cpus cpuset credential_spec deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname " +
        "entrypoint env_file label_file environment expose provider external_links extra_hosts gpus group_add hostname image init ipc isolation labels links logging " +
        "log_driver log_opt mac_address mem_limit mem_reservation mem_swappiness memswap_limit models networks net oom_kill_disable oom_score_adj pid pids_limit platform " +
        "post_start pre_stop privileged profiles pull_policy pull_refresh_after read_only restart runtime security_opt shm_size secrets sysctls stdin_open " +
        "stop_grace_period stop_signal storage_opt tmpfs tty ulimits use_api_socket user userns_mode uts volumes volume_driver volumes_from working_dir",
        CONTAINER,
      ],
    ),
    ...rowsOf(
      "a port",
      ["imported", "target published host_ip protocol", "bind, accept: { connect }"],
      ["imported", "name app_protocol", "read"],
      ["changed", "mode", "the port is published on this host"],
    ),
  ],
};
