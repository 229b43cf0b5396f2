/**
 * Names of services that configurations use instead of a port: the usual ones of /etc/services, so that an import means
 * the same on every machine.
 *
 * @module
 */

const PORTS: Readonly<Record<string, number>> = {
  "domain": 53,
  "echo": 7,
  "discard": 9,
  "daytime": 13,
  "chargen": 19,
  "ftp-data": 20,
  "ftp": 21,
  "ssh": 22,
  "telnet": 23,
  "smtp": 25,
  "time": 37,
  "whois": 43,
  "tacacs": 49,
  "bootps": 67,
  "bootpc": 68,
  "tftp": 69,
  "gopher": 70,
  "finger": 79,
  "http": 80,
  "www": 80,
  "kerberos": 88,
  "pop3": 110,
  "sunrpc": 111,
  "auth": 113,
  "nntp": 119,
  "ntp": 123,
  "netbios-ns": 137,
  "netbios-dgm": 138,
  "netbios-ssn": 139,
  "imap": 143,
  "imap2": 143,
  "snmp": 161,
  "snmp-trap": 162,
  "snmptrap": 162,
  "bgp": 179,
  "irc": 194,
  "ldap": 389,
  "https": 443,
  "microsoft-ds": 445,
  "submissions": 465,
  "rtsp": 554,
  "nntps": 563,
  "submission": 587,
  "ipp": 631,
  "ldaps": 636,
  "rsync": 873,
  "ftps-data": 989,
  "ftps": 990,
  "telnets": 992,
  "imaps": 993,
  "pop3s": 995,
  "socks": 1080,
  "openvpn": 1194,
  "ms-sql-s": 1433,
  "radius": 1812,
  "radius-acct": 1813,
  "nfs": 2049,
  "zookeeper": 2181,
  "mysql": 3306,
  "ms-wbt-server": 3389,
  "iscsi-target": 3260,
  "svn": 3690,
  "epmd": 4369,
  "sip": 5060,
  "sip-tls": 5061,
  "xmpp-client": 5222,
  "xmpp-server": 5269,
  "mdns": 5353,
  "postgresql": 5432,
  "amqp": 5672,
  "amqps": 5671,
  "x11": 6000,
  "redis": 6379,
  "ircs-u": 6697,
  "http-alt": 8080,
  "webcache": 8080,
  "git": 9418,
};

/** Names that mean another port with UDP than with TCP. */
const UDP_PORTS: Readonly<Record<string, number>> = { "syslog": 514 };
const TCP_PORTS: Readonly<Record<string, number>> = { "shell": 514, "login": 513, "exec": 512 };

/** A port in decimal: a number, or the name of a service; null for any other text. */
export function portNumber(text: string, protocol: "tcp" | "udp"): string | null {
  if (/^[0-9]+$/.test(text)) return Number(text) <= 65535 ? String(Number(text)) : null;
  const name = text.toLowerCase();
  const own = protocol === "udp" ? UDP_PORTS : TCP_PORTS;
  const port = Object.hasOwn(own, name) ? own[name] : Object.hasOwn(PORTS, name) ? PORTS[name] : undefined;
  return port === undefined ? null : String(port);
}

/** True for a host that must be looked up, because its family is not in its text. */
export function isName(host: string): boolean {
  return host !== "" && !host.includes(":") && !/^[0-9.]+$/.test(host);
}
