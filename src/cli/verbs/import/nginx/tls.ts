/**
 * nginx's settings of TLS as `settls`.
 *
 * @module
 */

import { quoteText } from "../../../../ascii/quote.ts";
import { type Fields, fieldsText, listText } from "../forward.ts";
import { type ImportContext, noteChange, refuse } from "../reading.ts";
import type { Directive } from "./parse.ts";
import type { Settings } from "./settings.ts";

/** `settls` of a listener; null without a certificate; undefined if something is refused. */
export function serverTls(settings: Settings, context: ImportContext): Fields | null | undefined {
  const certificates = pathsOf(settings.all("ssl_certificate"));
  const keys = pathsOf(settings.all("ssl_certificate_key"));
  const [certificate] = certificates;
  const [key] = keys;
  if (certificate === undefined || key === undefined) return null;
  const dynamic = settings.all("ssl_certificate", "ssl_certificate_key").find(({ args }) =>
    args[0]?.text.includes("$")
  );
  if (dynamic !== undefined || certificate.startsWith("data:") || /^(engine|store):/.test(key)) {
    refuse(
      context,
      (dynamic ?? settings.one("ssl_certificate_key"))?.span ?? { start: 0, end: 0 },
      "Certificates are given by a path without variables",
    );
    return undefined;
  }
  const more = certificates.slice(1).map((cert, index) =>
    fieldsText({ cert: quoteText(cert), key: quoteText(keys[index + 1] ?? key) })
  );
  const verify = settings.value("ssl_verify_client") ?? "off";
  const ca = settings.value("ssl_client_certificate");
  if (verify !== "off" && (ca === null || verify === "optional_no_ca")) {
    refuse(
      context,
      settings.one("ssl_verify_client")?.span ?? { start: 0, end: 0 },
      `"ssl_verify_client ${verify}" has no counterpart without ssl_client_certificate`,
    );
    return undefined;
  }
  return {
    cert: quoteText(certificate),
    key: quoteText(key),
    ...(more.length === 0 ? {} : { certs: listText(more) }),
    ...(verify === "off" || ca === null
      ? {}
      : { ca: quoteText(ca), verifyClient: verify === "on" ? "require" : "request" }),
    ...listOf("alpn", settings.one("ssl_alpn")),
    ...versionOf(settings.one("ssl_protocols"), context),
  };
}

/** `settls` of sockets that connect; null without `proxy_ssl`. */
export function clientTls(settings: Settings, host: string, context: ImportContext): Fields | null {
  if (!settings.isOn("proxy_ssl")) return null;
  const certificate = settings.value("proxy_ssl_certificate");
  const key = settings.value("proxy_ssl_certificate_key");
  const ca = settings.value("proxy_ssl_trusted_certificate");
  const verifies = settings.isOn("proxy_ssl_verify");
  const name = settings.value("proxy_ssl_name") ?? host;
  const dynamic = settings.one("proxy_ssl_name");
  if (name.includes("$") && dynamic !== null) {
    refuse(context, dynamic.span, `"proxy_ssl_name ${name}": variables have no value here`);
  }
  const isName = name !== "" && !/^[\d.]+$|^\[/.test(name);
  if (isName && !settings.isOn("proxy_ssl_server_name")) {
    const at = settings.one("proxy_ssl");
    if (at !== null) {
      noteChange(
        context,
        at.span,
        `"proxy_ssl": the name "${name}" is sent to the target (SNI), also without proxy_ssl_server_name`,
      );
    }
  }
  return {
    verify: verifies ? "full" : "none",
    ...(ca === null ? {} : { ca: quoteText(ca) }),
    ...(isName ? { serverName: quoteText(name) } : {}),
    ...(certificate === null || key === null ? {} : { cert: quoteText(certificate), key: quoteText(key) }),
    ...listOf("alpn", settings.one("proxy_ssl_alpn")),
    ...versionOf(settings.one("proxy_ssl_protocols"), context),
  };
}

function pathsOf(directives: readonly Directive[]): readonly string[] {
  return directives.flatMap(({ args }) => args.slice(0, 1).map(({ text }) => text));
}

function listOf(field: string, directive: Directive | null): Fields {
  return directive === null ? {} : { [field]: listText(directive.args.map(({ text }) => quoteText(text))) };
}

function versionOf(directive: Directive | null, context: ImportContext): Fields {
  if (directive === null) return {};
  const names = directive.args.map(({ text }) => text);
  const old = directive.args.filter(({ text }) => /^(SSLv[23]|TLSv1(\.1)?)$/.test(text));
  const [first] = old;
  if (first !== undefined) {
    noteChange(context, first.span, `"${directive.name.text} ${first.text}": the oldest version is TLS 1.2`);
  }
  if (names.includes("TLSv1.2") && !names.includes("TLSv1.3")) {
    noteChange(context, directive.span, `"${directive.name.text}": TLS 1.3 is accepted too`);
  }
  return names.includes("TLSv1.2") || old.length > 0 ? {} : { minVersion: "1.3" };
}
